#include "raw_file.hpp"

#include <limits>

#include <ptero/scanfile/series_reader.hpp>

#include "raw_layout.hpp"

namespace ptero::scanfile {

namespace {

/// SWMR makes no new dataset, so the room for the report is there from the start.
constexpr std::size_t longest_join_report = RawWriter::longest_join_report;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// (0, rows, cols), growing, one chunk a frame, compressed as the payloads are.
h5::Id create_data(hid_t file, const RawWriterOptions& options) {
  const Shape shape = options.series.frame_shape;
  const hsize_t dims[3] = {0, shape.rows, shape.cols};
  const hsize_t most[3] = {H5S_UNLIMITED, shape.rows, shape.cols};
  const hsize_t chunk[3] = {1, shape.rows, shape.cols};
  const h5::Id creation(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_chunk(creation, 3, chunk);
  // Optional, so that the file can be written where the filter's plugin is not installed. Where it is, it
  // puts version and pixel size in front of the user's values (block, compression); else we do.
  const unsigned values[5] = {0, 3, static_cast<unsigned>(size_of(options.series.dtype)), 0, 2};
  const unsigned filled_in = H5Zfilter_avail(raw::bslz4_filter) > 0 ? 3 : 0;
  if (options.codec == Codec::bslz4)
    h5::check(
        H5Pset_filter(creation, raw::bslz4_filter, H5Z_FLAG_OPTIONAL, 5 - filled_in, values + filled_in),
        "cannot set filter 32008");
  if (options.codec == Codec::lz4)
    h5::check(H5Pset_filter(creation, raw::lz4_filter, H5Z_FLAG_OPTIONAL, 0, nullptr),
              "cannot set filter 32004");
  const h5::Id space(H5Screate_simple(3, dims, most));
  const hid_t type = with_recorded_dtype(options.series.dtype, []<class T>(T) { return h5::type_of<T>(); });
  h5::Id data(h5::check(H5Dcreate2(file, raw::data, type, space, H5P_DEFAULT, creation, H5P_DEFAULT),
                        "cannot create the frames' dataset"));
  h5::set_attribute(data, "signal", std::int64_t{1});
  h5::set_attribute(data, "axes", "translation:y:x");
  h5::set_attribute(data, "target", raw::data);
  return data;
}

std::string meanings() {
  std::string text;
  for (std::size_t i = 0; i < all_frame_states.size(); ++i)
    text +=
        (i > 0 ? ", " : "") + std::to_string(i) + " = " + std::string(name_of(static_cast<FrameState>(i)));
  return text;
}

std::string in_group(const char* name) {
  return std::string(raw::group) + "/" + name;
}

}  // namespace

RawFile::RawFile(const std::filesystem::path& path, const RawWriterOptions& options)
    : name_(path.string()),
      shape_(options.series.frame_shape),
      filtered_(options.codec != Codec::none),
      file_(raw::create(path, options)),
      data_(create_data(file_, options)),
      end_time_(h5::write_text(file_, raw::end_time, "", 32)),
      join_report_(h5::write_text(file_, raw::join_report, "", longest_join_report)),
      counts_(h5::write_array<std::uint64_t>(file_, raw::ledger_counts, LedgerCounts{}.of,
                                             {all_frame_states.size()})),
      sealed_(h5::write_scalar<std::uint8_t>(file_, raw::sealed, 0)),
      translation(file_, raw::translation, nan, 3),
      x(file_, raw::motor_x, nan),
      y(file_, raw::motor_y, nan),
      monitor(file_, raw::monitor, nan),
      arrived(file_, raw::frame_arrived, 0),
      index(file_, in_group("frame_index"), 0),
      arrival_time(file_, in_group("arrival_time_unix_ns"), 0),
      exposure_start(file_, in_group("exposure_start_ns"), 0),
      exposure_stop(file_, in_group("exposure_stop_ns"), 0),
      ledger_state(file_, raw::ledger_state, 0),
      ledger_reason(file_, raw::ledger_reason, 0) {
  // A pixel of one metre stands for one that is not known.
  describe_positions(in_pixels(options.series) ? "pixel" : "m");
  if (const auto& plan = options.series.raster; plan && plan->step_x_m != 0 && plan->step_y_m != 0)
    h5::set_attribute(
        translation.dataset(), "planned",
        "a frame that brought no position of its own lies where the scan plan (raster_* in ptero_1) "
        "has it, the grid centred on 0, 0: nobody measured that");
  describe_ledger();
  h5::check(H5Fstart_swmr_write(file_), "cannot let others read " + name_ + " while it is written");
}

void RawFile::describe_positions(const char* units) {
  const char* convention =
      "where the centre of the probe sits on the object, x to the right (columns), y down (rows), z = 0; not "
      "negated: "
      "readers that take the motion of the sample (cdtools) negate it";
  h5::set_attribute(translation.dataset(), "units", units);
  h5::set_attribute(translation.dataset(), "axes", "translation:y:x");
  h5::set_attribute(translation.dataset(), "interpretation", "image");
  h5::set_attribute(translation.dataset(), "target", raw::translation);
  h5::set_attribute(translation.dataset(), "sign_convention", convention);
  const double right[3] = {1, 0, 0};
  const double down[3] = {0, 1, 0};
  for (const auto& [column, vector, path, depends] :
       {std::tuple{&x, right, raw::motor_x, "."}, std::tuple{&y, down, raw::motor_y, raw::motor_x}}) {
    h5::set_attribute(column->dataset(), "units", units);
    h5::set_attribute(column->dataset(), "transformation_type", "translation");
    h5::set_attribute(column->dataset(), "vector", std::span(vector, 3), {3});
    h5::set_attribute(column->dataset(), "depends_on", depends);
    h5::set_attribute(column->dataset(), "target", path);
    h5::set_attribute(column->dataset(), "sign_convention", convention);
  }
}

void RawFile::describe_ledger() {
  h5::set_attribute(index.dataset(), "meaning", "the detector's own number of the frame, which is its row");
  h5::set_attribute(arrived.dataset(), "meaning", "1 = the frame came and its row holds it");
  h5::set_attribute(exposure_start.dataset(), "meaning", "the detector's clock, arbitrary origin");
  h5::set_attribute(exposure_stop.dataset(), "meaning", "the detector's clock, arbitrary origin");
  h5::set_attribute(ledger_state.dataset(), "meaning", meanings());
  h5::set_attribute(
      ledger_reason.dataset(), "meaning",
      "of corrupt: 1 + fault (malformed, wrong_version, size_mismatch, too_large, unsupported_dtype, "
      "unsupported_codec, wrong_shape, bad_payload); of excluded: 1 = dark, 2 = saturated, 3 = marked");
  h5::set_attribute(counts_, "meaning",
                    "frames in each state of ledger_state, written when the series ended");
  h5::set_attribute(sealed_, "meaning", "1 = the series ended and the file is complete");
}

void RawFile::extend(std::uint64_t rows) {
  const hsize_t extent[3] = {rows, shape_.rows, shape_.cols};
  h5::check(H5Dset_extent(data_, extent), "cannot extend " + name_);
  translation.grow(rows);
  x.grow(rows);
  y.grow(rows);
  monitor.grow(rows);
  arrived.grow(rows);
  for (std::uint64_t id = index.rows(); id < rows; ++id) index.set(id, id);
  arrival_time.grow(rows);
  exposure_start.grow(rows);
  exposure_stop.grow(rows);
}

void RawFile::write_chunk(const Frame& frame) {
  const hsize_t offset[3] = {frame.id, 0, 0};
  // Bit 0: the chunk skips the dataset's only filter.
  const std::uint32_t skipped = filtered_ && frame.codec == Codec::none ? 1 : 0;
  h5::check(H5Dwrite_chunk(data_, H5P_DEFAULT, skipped, offset, frame.payload.size(), frame.payload.data()),
            "cannot write frame " + std::to_string(frame.id) + " to " + name_);
}

void RawFile::set_join_report(std::string_view json) {
  if (json.size() > longest_join_report)
    throw Error("the join report has " + std::to_string(json.size()) + " bytes",
                name_ + " holds at most " + std::to_string(longest_join_report));
  h5::rewrite_text(join_report_, json);
}

void RawFile::flush() {
  // Frames first: a reader that sees frame_arrived finds the frame.
  h5::check(H5Dflush(data_), "cannot flush " + name_);
  translation.flush();
  x.flush();
  y.flush();
  monitor.flush();
  arrived.flush();
  index.flush();
  arrival_time.flush();
  exposure_start.flush();
  exposure_stop.flush();
  ledger_state.flush();
  ledger_reason.flush();
  h5::check(H5Fflush(file_, H5F_SCOPE_LOCAL), "cannot flush " + name_);
}

void RawFile::seal(const LedgerCounts& ledger, const std::string& end_time) {
  flush();
  h5::rewrite_text(end_time_, end_time);
  h5::check(H5Dwrite(counts_, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, ledger.of.data()),
            "cannot write the ledger of " + name_);
  const std::uint8_t one = 1;
  h5::check(H5Dwrite(sealed_, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, &one), "cannot seal " + name_);
  h5::check(H5Fflush(file_, H5F_SCOPE_LOCAL), "cannot flush " + name_);
}

}  // namespace ptero::scanfile
