// Every hostile message of proto/golden is refused, for the stated reason, and quickly.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <ptero/wire/stream.hpp>

#include "golden.hpp"

namespace {
std::atomic<std::size_t> largest_allocation = 0;
}

// glibc's malloc, watched; a sanitizer brings its own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* malloc(std::size_t size) {
  if (size > largest_allocation) largest_allocation = size;
  return __libc_malloc(size);
}
#endif

namespace ptero::wire {
namespace {

struct Hostile {
  const char* name;
  FrameFault fault;
  const char* decoder = "stream";
};

using enum FrameFault;
constexpr Hostile all[] = {
    {"wrong_version", wrong_version},
    {"numpy_wrong_version", wrong_version},
    {"version_as_text", malformed},
    {"no_version", malformed},
    {"no_type", malformed},
    {"unknown_type", malformed},
    {"no_frame_id", malformed},
    {"negative_id", malformed},
    {"id_as_text", malformed},
    {"id_too_large", malformed},
    {"series_as_text", malformed},
    {"no_shape", malformed},
    {"shape_of_three", malformed},
    {"shape_of_floats", malformed},
    {"shape_zero", malformed},
    {"shape_overflow", too_large},
    {"shape_overflow_64", too_large},
    {"too_large", too_large},
    {"size_mismatch", size_mismatch},
    {"too_many_bytes", size_mismatch},
    {"nbytes_mismatch", size_mismatch},
    {"elem_mismatch", size_mismatch},
    {"block_too_wide", malformed},
    {"no_data", malformed},
    {"data_as_text", malformed},
    {"empty_payload", size_mismatch},
    {"unknown_codec", unsupported_codec},
    {"unknown_dtype", unsupported_dtype},
    {"no_dtype", unsupported_dtype},
    {"position_as_list", malformed},
    {"numpy_scalar", malformed},
    {"numpy_no_frame_id", malformed},
    {"numpy_fields", unsupported_dtype},
    {"start_no_uid", malformed},
    {"start_uid_is_a_path", malformed},
    {"start_uid_is_not_utf8", malformed},
    {"start_uid_is_cut_utf8", malformed},
    {"start_uid_overlong", malformed},
    {"start_uid_with_a_control", malformed},
    {"start_shape_overflow", too_large},
    {"start_unknown_order", malformed},
    {"start_raster_overflow", malformed},
    {"start_raster_overflow_64", malformed},
    {"start_raster_too_large", malformed},
    {"start_view_outside", malformed},
    {"start_view_bin_zero", malformed},
    {"start_tables_without_parts", malformed},
    {"start_n_negative", malformed},
    {"end_no_series", malformed},
    {"trailing_bytes", malformed},
    {"deep_nesting", malformed},
    {"huge_array", malformed, "link"},
    {"huge_array_bare", malformed},
    {"huge_map", malformed},
    {"huge_text", malformed},
    {"huge_binary", malformed},
    {"never_used_byte", malformed},
    {"not_a_map", malformed},
    {"empty", malformed},
    {"link_wrong_version", wrong_version, "link"},
    {"link_no_session", malformed, "link"},
    {"link_unknown_type", malformed, "link"},
    {"hello_no_consumer", malformed, "link"},
    {"hello_no_credit", malformed, "link"},
    {"hello_negative_next", malformed, "link"},
    {"entry_no_seq", malformed, "link"},
    {"entry_behind_negative", malformed, "link"},
    {"want_negative", malformed, "link"},
    {"labels_no_background", malformed, "labels"},
    {"labels_confidence_short", malformed, "labels"},
    {"labels_marked_as_range", malformed, "labels"},
    {"labels_pending_negative", malformed, "labels"},
    {"labels_id_as_text", malformed, "labels"},
    {"revision_no_removed", malformed, "revision"},
    {"ledger_no_counts", malformed, "ledger"},
    {"roi_no_revision", malformed, "roi"},
    {"roi_half_a_range", malformed, "roi"},
    {"reconstruction_no_verdict", malformed, "reconstruction"},
    {"reconstruction_left_out_as_list", malformed, "reconstruction"},
    {"warnings_no_list", malformed, "warnings"},
    {"warnings_no_code", malformed, "warnings"},
    {"snapshot_no_shape", malformed, "snapshot"},
    {"snapshot_error_as_text", malformed, "snapshot"},
    {"probe_no_modes", malformed, "probe"},
    {"advice_no_standing", malformed, "advice"},
    {"advice_unknown_standing", malformed, "advice"},
    {"advice_half_a_point", malformed, "advice"},
    {"advice_point_is_no_number", malformed, "advice"},
    {"advice_ring_too_long", malformed, "advice"},
    {"advice_half_a_run", malformed, "advice"},
    {"slices_no_mixing", malformed, "slices"},
    {"slices_mixing_short", malformed, "slices"},
    {"slices_of_one", malformed, "slices"},
    {"snapshot_verdict_without_code", malformed, "snapshot"},
    {"report_no_json", malformed, "report"},
    {"alarms_no_list", malformed, "alarms"},
    {"alarms_no_sentence", malformed, "alarms"},
    {"health_no_stages", malformed, "health"},
    {"health_stage_as_text", malformed, "health"},
    {"map_no_frames", malformed, "map"},
    {"map_too_many_frames", malformed, "map"},
    {"map_raster_overflow", malformed, "map"},
    {"map_without_columns", size_mismatch, "map"},
    {"segments_too_many", malformed, "segments"},
    {"preview_too_large", malformed, "preview"},
    {"preview_without_pictures", size_mismatch, "preview"},
    {"positions_too_many", malformed, "positions"},
    {"positions_without_columns", size_mismatch, "positions"},
    {"control_no_action", malformed, "control"},
    {"control_border_as_text", malformed, "control"},
    {"control_negative_frame", malformed, "control"},
    {"control_do_as_number", malformed, "control"},
    {"control_answer_no_verdict", malformed, "control_answer"},
    {"received_unknown_fault", malformed, "received"},
    {"received_unknown_join", malformed, "received"},
};

std::string text_of(golden::Verdict verdict) {
  return verdict ? std::string(name_of(*verdict)) : "accepted";
}

TEST(Hostile, GivesItsFault) {
  for (const auto& [name, fault, decoder] : all) {
    const auto verdict = golden::kind(decoder).decode(golden::parts(std::string("hostile_") + name));
    EXPECT_EQ(text_of(verdict), name_of(fault)) << name;
  }
}

TEST(Hostile, IsListedHereFileByFile) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("proto/golden"))
    files += entry.path().filename().string().starts_with("hostile_");
  EXPECT_EQ(files, std::size(all));
}

TEST(Hostile, IsRefusedByEveryDecoder) {
  for (const auto& hostile : all)
    for (const auto& kind : golden::kinds())
      EXPECT_TRUE(kind.decode(golden::parts(std::string("hostile_") + hostile.name)))
          << hostile.name << " by " << kind.name;
}

TEST(Hostile, NamesTheFrameWhenTheHeaderDid) {
  for (const char* name : {"wrong_version", "size_mismatch", "too_large", "unknown_codec", "unknown_dtype",
                           "no_data", "series_as_text", "no_version"}) {
    const auto message =
        decode_stream(golden::parts(std::string("hostile_") + name), golden::max_frame_bytes);
    ASSERT_FALSE(message) << name;
    EXPECT_EQ(message.reason().frame, 7u) << name;
  }
}

TEST(Hostile, AnIdFromADamagedHeaderNamesNoFrame) {
  const auto message = decode_stream(golden::parts("hostile_id_too_large"), golden::max_frame_bytes);
  ASSERT_FALSE(message);
  EXPECT_FALSE(message.reason().frame);
}

// What is announced is not allocated, let alone filled.
TEST(Hostile, AnnouncesBillionsInVain) {
  using namespace std::chrono;
  std::vector<Bytes> bombs = {Bytes::take(std::string("\x81\xa1x\xdd\x00\x30\x00\x00\x00\x00", 10))};
  for (const char* name : {"huge_array", "huge_array_bare", "huge_map", "huge_text", "huge_binary"})
    bombs.push_back(golden::header(std::string("hostile_") + name));
  for (const auto& bomb : bombs) {
    const Parts parts = {bomb};
    const auto begin = steady_clock::now();
    for (const auto& kind : golden::kinds()) {
      largest_allocation = 0;
      bool refused = true;
      for (int repeat = 0; repeat < 1000; ++repeat) refused = refused && kind.decode(parts);
      EXPECT_TRUE(refused) << kind.name;
      EXPECT_LE(largest_allocation, 16'384u) << kind.name;
    }
    EXPECT_LT(duration<double>(steady_clock::now() - begin).count(), 5.0);
  }
}

TEST(Hostile, NestsAMillionDeepInVain) {
  std::string deep = "\x81\xa1x";
  deep.append(1'000'000, '\x91').push_back('\x90');
  const auto bytes = Bytes::take(deep);
  for (const auto& kind : golden::kinds()) EXPECT_TRUE(kind.decode({bytes})) << kind.name;
}

}  // namespace
}  // namespace ptero::wire
