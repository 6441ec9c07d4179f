#include <fcntl.h>

#include <cmath>
#include <limits>
#include <ptero/core/contract.hpp>
#include <ptero/core/error.hpp>
#include <ptero/scanfile/raw_writer.hpp>

#include <ptero/core/file.hpp>
#include "iso_time.hpp"
#include "raw_file.hpp"

namespace ptero::scanfile {

namespace {

std::uint64_t load_big_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (const std::byte b : bytes) value = value << 8 | std::to_integer<std::uint64_t>(b);
  return value;
}

/// Payloads of both filters start with u64 decoded bytes and u32 block bytes, big endian.
bool has_filter_header(const Frame& frame) {
  return frame.payload.size() >= 12 &&
         load_big_endian(frame.payload.span().first(8)) == frame.decoded_bytes();
}

}  // namespace

struct RawWriter::State {
  std::filesystem::path path;
  RawWriterOptions options;
  std::unique_ptr<RawFile> file;
  std::uint64_t rows = 0;
  std::size_t unflushed = 0;

  std::optional<FrameFault> fault_of(const Frame& frame) const {
    if (frame.id >= options.max_frames) return FrameFault::malformed;
    if (frame.shape != options.series.frame_shape || frame.dtype != options.series.dtype)
      return FrameFault::wrong_shape;
    if (frame.codec != Codec::none && frame.codec != options.codec) return FrameFault::unsupported_codec;
    const bool fits =
        frame.codec == Codec::none ? frame.payload.size() == frame.decoded_bytes() : has_filter_header(frame);
    if (!fits) return FrameFault::size_mismatch;
    return std::nullopt;
  }

  /// Every per-frame dataset has as many rows as the highest id seen, so that plots line up.
  void reach(FrameId id) {
    if (id < rows) return;
    rows = id + 1;
    file->extend(rows);
  }

  void flush() {
    file->flush();
    unflushed = 0;
  }
};

RawWriter::RawWriter(const std::filesystem::path& path, const RawWriterOptions& options)
    : state_(std::make_unique<State>()) {
  if (options.series.frame_shape.count() == 0)
    throw InputError("cannot write " + path.string(), "the series does not say the shape of its frames");
  if (options.existing == RawWriterOptions::Existing::refuse && std::filesystem::exists(path))
    throw InputError(path.string() + " already exists", {}, "choose another name or move it away");
  // A reader of the old file keeps it whole; truncating would pull it from under it.
  std::filesystem::remove(path);
  state_->path = path;
  state_->options = options;
  state_->file = std::make_unique<RawFile>(path, options);
}

RawWriter::~RawWriter() = default;

std::optional<FrameFault> RawWriter::write(const Frame& frame, std::int64_t arrival_unix_ns) {
  PTERO_EXPECT(state_->file);
  h5::quiet();
  if (const auto fault = state_->fault_of(frame)) return fault;
  RawFile& file = *state_->file;
  state_->reach(frame.id);
  file.write_chunk(frame);
  file.arrived.set(frame.id, 1);
  file.arrival_time.set(frame.id, arrival_unix_ns);
  file.exposure_start.set(frame.id, frame.t_start_ns);
  file.exposure_stop.set(frame.id, frame.t_stop_ns);
  if (frame.monitor) file.monitor.set(frame.id, *frame.monitor);
  if (frame.position) set_position(frame.id, *frame.position);
  if (++state_->unflushed >= state_->options.flush_every) state_->flush();
  return std::nullopt;
}

void RawWriter::set_position(FrameId id, Position position) {
  PTERO_EXPECT(state_->file && id < state_->options.max_frames);
  h5::quiet();
  state_->reach(id);
  RawFile& file = *state_->file;
  file.x.set(id, position.x_m);
  file.y.set(id, position.y_m);
  file.translation.set(id, position.x_m, 0);
  file.translation.set(id, position.y_m, 1);
  file.translation.set(id, 0, 2);
}

void RawWriter::set_join_report(std::string_view json) {
  PTERO_EXPECT(state_->file);
  h5::quiet();
  state_->file->set_join_report(json);
}

void RawWriter::set_state(FrameId id, FrameState state, std::uint8_t reason) {
  PTERO_EXPECT(state_->file && id < state_->options.max_frames);
  state_->file->ledger_state.set(id, static_cast<std::uint8_t>(state));
  state_->file->ledger_reason.set(id, reason);
}

void RawWriter::flush() {
  PTERO_EXPECT(state_->file);
  h5::quiet();
  state_->flush();
}

void RawWriter::seal(const LedgerCounts& ledger, std::int64_t end_time_unix_ns) {
  PTERO_EXPECT(state_->file);
  h5::quiet();
  state_->flush();
  state_->file->seal(ledger, iso_time(end_time_unix_ns));
  state_->file.reset();
  try {
    File(state_->path, O_RDWR).sync();
    sync_folder_of(state_->path);
  } catch (const InputError& error) {
    // It opened when it was made: somebody took it away meanwhile, which no setting mends.
    throw Error("the raw file " + state_->path.string() + " is gone", error.what());
  }
}

std::uint64_t RawWriter::rows() const {
  return state_->rows;
}

}  // namespace ptero::scanfile
