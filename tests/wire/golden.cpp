#include "golden.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ptero/wire/control.hpp>
#include <ptero/wire/events.hpp>
#include <ptero/wire/link.hpp>
#include <ptero/wire/selection.hpp>
#include <ptero/wire/slices_event.hpp>
#include <ptero/wire/stream.hpp>
#include <ptero/wire/views.hpp>
#include <stdexcept>

namespace ptero::wire::golden {

namespace {
template <auto decode>
Verdict of_header(const Parts& parts) {
  const auto decoded = decode(parts.at(0));
  return decoded ? Verdict{} : Verdict{decoded.reason()};
}

template <auto decode>
Verdict of_parts(const Parts& parts) {
  const auto decoded = decode(parts);
  return decoded ? Verdict{} : Verdict{decoded.reason()};
}

Verdict of_stream(const Parts& parts) {
  const auto decoded = decode_stream(parts, max_frame_bytes);
  return decoded ? Verdict{} : Verdict{decoded.reason().fault};
}
}  // namespace

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

Bytes header(const std::string& name) {
  return Bytes::take(read_file("proto/golden/" + name + ".msgpack"));
}

Parts parts(const std::string& name) {
  Parts out{header(name)};
  for (int number = 2;; ++number) {
    const std::string behind = "proto/golden/" + name + ".part" + std::to_string(number);
    if (!std::filesystem::exists(behind)) break;
    out.push_back(Bytes::take(read_file(behind)));
  }
  return out;
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {"stream",
       of_stream,
       {"start", "start_detector", "start_minimal", "start_energy", "frame", "frame_no_position",
        "frame_bslz4", "frame_short", "frame_one_part", "frame_numpy", "frame_numpy_text",
        "frame_numpy_binary", "frame_unknown_keys", "frame_nan_position", "end", "end_open"}},
      {"received",
       of_header<decode_received>,
       {"received", "received_join", "received_fault", "received_fault_series"}},
      {"link",
       of_header<decode_link>,
       {"hello", "hello_set", "hello_started", "credit", "want", "deliver", "entry", "entry_wanted",
        "entry_behind", "keepalive", "refused"}},
      {"labels",
       of_header<decode_labels>,
       {"labels", "labels_confident", "labels_marked", "labels_pending", "labels_outlying"}},
      {"revision", of_header<decode_revision>, {"revision"}},
      {"ledger", of_header<decode_ledger_event>, {"ledger"}},
      {"roi", of_header<decode_roi_event>, {"roi", "roi_marked"}},
      {"snapshot", of_header<decode_snapshot_event>, {"snapshot"}},
      {"probe", of_header<decode_probe_event>, {"probe"}},
      {"reconstruction",
       of_header<decode_reconstruction_event>,
       {"reconstruction", "reconstruction_left_out"}},
      {"warnings", of_header<decode_warnings_event>, {"warnings"}},
      {"slices", of_header<decode_slices_event>, {"slices"}},
      {"advice", of_header<decode_advice_event>, {"advice", "advice_none"}},
      {"report", of_header<decode_report_event>, {"report"}},
      {"alarms", of_header<decode_alarms_event>, {"alarms", "alarms_none"}},
      {"health", of_header<decode_health_event>, {"health"}},
      {"map", of_parts<decode_map_event>, {"map"}},
      {"segments", of_parts<decode_segments_event>, {"segments"}},
      {"preview", of_parts<decode_preview_event>, {"preview"}},
      {"positions", of_parts<decode_positions_event>, {"positions"}},
      {"control", of_header<decode_control>, {"control", "control_frames", "control_do"}},
      {"control_answer", of_header<decode_control_answer>, {"control_answer"}},
  };
  return all;
}

const Kind& kind(const std::string& name) {
  const auto found =
      std::find_if(kinds().begin(), kinds().end(), [&](const Kind& k) { return k.name == name; });
  if (found == kinds().end()) throw std::out_of_range("no decoder called " + name);
  return *found;
}

}  // namespace ptero::wire::golden
