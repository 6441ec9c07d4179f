#include <algorithm>
#include <cmath>
#include <ptero/core/contract.hpp>
#include <ptero/core/error.hpp>
#include <ptero/scanfile/series_reader.hpp>

#include <ptero/h5/complex_dataset.hpp>
#include <ptero/h5/locate.hpp>
#include "frame_source.hpp"
#include "frame_window.hpp"
#include "raw_layout.hpp"
#include "scan_positions.hpp"
#include "series_metadata.hpp"

namespace ptero::scanfile {

struct SeriesReader::State {
  h5::Source source;
  FrameSource frames;
  FrameWindow window;
  SeriesInfo info;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  ScanPositions scan;
  std::vector<double> monitor;
  std::vector<std::uint8_t> arrived;  ///< of a raw file, one for each selected frame
  std::vector<ComplexImage> probe;
  std::vector<ComplexImage> object;
  std::vector<std::string> warnings;
};

namespace {

using Range = std::array<std::uint64_t, 2>;

Range selected(const ReadOptions& options, const FrameSource& frames) {
  const Range range = options.frames.value_or(Range{0, frames.count()});
  if (range[0] < range[1] && range[1] <= frames.count()) return range;
  throw InputError("the frames " + std::to_string(range[0]) + ":" + std::to_string(range[1]) +
                       " are not in " + frames.name(),
                   "it holds " + std::to_string(frames.count()), "give --frames A:B with A < B");
}

/// One value for each selected frame; the dataset has one a recorded or a selected frame.
std::vector<double> read_monitor(const h5::Source& source, const std::string& spec, const FrameSource& frames,
                                 const Range& range) {
  std::vector<double> values = h5::read_column(source, spec, "monitor values");
  const std::uint64_t count = range[1] - range[0];
  if (values.size() == count) return values;
  if (values.size() != frames.count())
    throw InputError("the numbers of frames and monitor values differ: " + std::to_string(frames.count()) +
                     " frames in " + frames.name() + ", " + std::to_string(values.size()) + " values in " +
                     spec);
  return {values.begin() + static_cast<std::ptrdiff_t>(range[0]),
          values.begin() + static_cast<std::ptrdiff_t>(range[1])};
}

std::vector<ComplexImage> read_named_complex(const h5::Source& source, const std::string& spec) {
  std::error_code ignored;
  if (!source.find(spec) && std::filesystem::is_regular_file(spec, ignored))
    return h5::read_complex(h5::only_complex(h5::Source{h5::open_file(spec), spec}));
  return h5::read_complex(h5::locate(source, spec));
}

std::vector<std::uint8_t> read_arrivals(const h5::Source& source, const Range& range) {
  const auto dataset = source.find(raw::frame_arrived);
  if (!dataset) return {};
  std::vector<std::uint8_t> all = h5::read<std::uint8_t>(*dataset);
  // A file still growing may hold more frames than flags.
  all.resize(std::max<std::size_t>(all.size(), range[1]), 0);
  return {all.begin() + static_cast<std::ptrdiff_t>(range[0]),
          all.begin() + static_cast<std::ptrdiff_t>(range[1])};
}

/// x and y of the uncropped frame; one metre where nothing is known.
std::array<double, 2> object_pixels(const SeriesInfo& info, Shape whole) {
  const double x = info.object_pixel_for(whole.cols);
  const double y = info.object_pixel_for(whole.rows);
  return x > 0 && y > 0 ? std::array{x, y} : std::array{1.0, 1.0};
}

}  // namespace

SeriesReader::SeriesReader(const std::filesystem::path& path, const ReadOptions& given) {
  h5::Source source{h5::open_file(path), path.string()};
  FrameParts parts = locate_frames(source, given.data);
  ReadOptions options = given;
  if (parts.by_columns) options.transpose = !given.transpose;
  const std::vector<std::uint64_t> order = parts.order;
  const std::vector<std::string> remarks = parts.warnings;
  FrameSource frames(std::move(parts));
  Metadata metadata = read_metadata(source, options, frames.shape());
  metadata.warnings.insert(metadata.warnings.begin(), remarks.begin(), remarks.end());
  const bool windowed = options.transpose || options.crop > 0 || options.bin != 1 || options.centre;
  const FrameView view = windowed ? FrameView{} : std::exchange(metadata.info.view, {});
  metadata.info.view = {};
  if (!view.fits(frames.shape()))
    throw InputError("the view recorded in " + source.name + " does not fit its frames", {},
                     "the file is damaged; give --crop or --centre to read it without");
  FrameWindow window = view.is_identity()
                           ? FrameWindow(frames.shape(), frames.dtype(), options, metadata.centre)
                           : FrameWindow(frames.shape(), frames.dtype(), view, metadata.centre);
  const Range range = selected(options, frames);
  const bool transposed = options.transpose || view.transpose;
  const std::size_t bin = view.is_identity() ? options.bin : view.bin;
  const Shape whole = transposed ? Shape{frames.shape().cols, frames.shape().rows} : frames.shape();
  SeriesInfo& info = metadata.info;
  ScanFrames matched{.name = frames.name(),
                     .recorded = frames.count(),
                     .first = range[0],
                     .count = range[1] - range[0],
                     .object_pixel_m = object_pixels(info, whole),
                     .raster = info.raster,
                     .order = order};
  ScanPositions scan = read_positions(source, options, matched);

  info.n_expected = matched.count;
  info.frame_shape = window.shape();
  info.dtype = window.dtype();
  info.raster = scan.raster;
  info.mask = window.apply_mask(info.mask);
  info.detector_pixel_m *= static_cast<double>(bin);
  if (const auto centre = window.centre()) {
    info.centre_row = (*centre)[0];
    info.centre_col = (*centre)[1];
  }
  // Given or assumed object pixels belong to the whole frame; a crop's are larger.
  if (scan.in_pixels && info.object_pixel_for(whole.cols) == 0) info.object_pixel_m = 1;
  info.object_pixel_m *= window.object_pixel_ratio()[0];

  std::vector<double> monitor;
  if (!metadata.monitor.empty()) monitor = read_monitor(source, metadata.monitor, frames, range);
  if (std::none_of(monitor.begin(), monitor.end(), [](double v) { return std::isfinite(v); }))
    monitor.clear();
  std::vector<std::uint8_t> arrived = read_arrivals(source, range);
  std::vector<ComplexImage> probe;
  if (!metadata.probe.empty()) probe = read_named_complex(source, metadata.probe);
  std::vector<ComplexImage> object;
  if (!options.object.empty()) object = read_named_complex(source, options.object);
  if (scan.unpositioned > 0)
    metadata.warnings.push_back(std::to_string(scan.unpositioned) + " of " + std::to_string(matched.count) +
                                " frames have no position");
  state_ =
      std::make_unique<State>(State{std::move(source), std::move(frames), window, std::move(info), range[0],
                                    matched.count, std::move(scan), std::move(monitor), std::move(arrived),
                                    std::move(probe), std::move(object), std::move(metadata.warnings)});
}

SeriesReader::~SeriesReader() = default;
SeriesReader::SeriesReader(SeriesReader&&) noexcept = default;
SeriesReader& SeriesReader::operator=(SeriesReader&&) noexcept = default;

const SeriesInfo& SeriesReader::info() const {
  return state_->info;
}

std::uint64_t SeriesReader::size() const {
  return state_->count;
}

Frame SeriesReader::frame(std::uint64_t i) const {
  PTERO_EXPECT(i < size());
  h5::quiet();
  Frame frame{.id = i, .shape = state_->info.frame_shape, .dtype = state_->info.dtype};
  frame.payload = Bytes::take(state_->window.apply(state_->frames.read(state_->first + i)));
  frame.position = state_->scan.of[i];
  if (!state_->monitor.empty() && std::isfinite(state_->monitor[i])) frame.monitor = state_->monitor[i];
  return frame;
}

bool SeriesReader::present(std::uint64_t i) const {
  PTERO_EXPECT(i < size());
  return state_->arrived.empty() || state_->arrived[i] != 0;
}

std::span<const std::optional<Position>> SeriesReader::positions() const {
  return state_->scan.of;
}

std::uint64_t SeriesReader::unpositioned_count() const {
  return state_->scan.unpositioned;
}

std::span<const double> SeriesReader::monitor() const {
  return state_->monitor;
}

const std::vector<ComplexImage>& SeriesReader::probe() const {
  return state_->probe;
}

const std::vector<ComplexImage>& SeriesReader::object() const {
  return state_->object;
}

const std::vector<std::string>& SeriesReader::warnings() const {
  return state_->warnings;
}

}  // namespace ptero::scanfile
