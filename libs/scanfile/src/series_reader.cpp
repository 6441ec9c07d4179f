#include <algorithm>
#include <cmath>
#include <ptero/core/contract.hpp>
#include <ptero/core/error.hpp>
#include <ptero/scanfile/series_reader.hpp>

#include <ptero/h5/complex_dataset.hpp>
#include <ptero/h5/locate.hpp>
#include "frame_look.hpp"
#include "frame_source.hpp"
#include "frame_window.hpp"
#include "other_frames.hpp"
#include "raw_layout.hpp"
#include "scan_positions.hpp"
#include "series_metadata.hpp"

namespace ptero::scanfile {

struct SeriesReader::State {
  h5::Source source;
  std::unique_ptr<FrameStore> frames;
  FrameWindow window;
  SeriesInfo info;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  ScanPositions scan;
  std::vector<double> monitor;
  std::vector<std::uint8_t> arrived;  ///< of a raw file, one for each selected frame
  std::vector<ComplexImage> probe;
  std::vector<ComplexImage> object;
  Warnings warnings;
  bool turned = false;
  std::optional<h5::Dataset> mask_of_each;  ///< as recorded
  bool mask_inverted = false;
};

namespace {

using Range = std::array<std::uint64_t, 2>;

Range selected(const ReadOptions& options, const FrameStore& frames) {
  const Range range = options.frames.value_or(Range{0, frames.count()});
  if (range[0] < range[1] && range[1] <= frames.count()) return range;
  throw InputError("the frames " + std::to_string(range[0]) + ":" + std::to_string(range[1]) +
                       " are not in " + frames.name(),
                   "it holds " + std::to_string(frames.count()), "give --frames A:B with A < B");
}

/// One value for each selected frame; the dataset has one a recorded or a selected frame.
std::vector<double> read_monitor(const h5::Source& source, const std::string& spec, const FrameStore& frames,
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

/// Marks pixels as carrying no counts.
void flag(std::vector<std::byte>& pixels, Dtype dtype, const std::vector<std::uint8_t>& bad) {
  with_dtype(dtype, [&]<class T>(T) {
    T* first = reinterpret_cast<T*>(pixels.data());
    for (std::size_t i = 0; i < bad.size(); ++i)
      if (bad[i] != 0) first[i] = static_cast<T>(flag_value(dtype));
  });
}

/// x and y of the uncropped frame; one metre where nothing is known.
std::array<double, 2> object_pixels(const SeriesInfo& info, Shape whole) {
  const double x = info.object_pixel_for(whole.cols);
  const double y = info.object_pixel_for(whole.rows);
  return x > 0 && y > 0 ? std::array{x, y} : std::array{1.0, 1.0};
}

/// A file of frames and what goes with it besides its metadata.
struct Opened {
  h5::Source source;  ///< of a file that is no HDF5: empty, of its name
  std::unique_ptr<FrameStore> frames;
  Shape grid;
  bool by_columns = false;
  std::vector<std::uint64_t> order;
  std::vector<std::int64_t> numbers;
  Warnings warnings;
};

Opened open_scan(const std::filesystem::path& path, const ReadOptions& options) {
  if (const FileKind kind = other_kind_of(path); kind != FileKind::hdf5) {
    OtherFrames other = open_other(path, kind, options.data);
    return {.source = {h5::empty_file(), path.string()},
            .frames = std::move(other.store),
            .grid = other.grid,
            .order = {},
            .numbers = {},
            .warnings = std::move(other.warnings)};
  }
  h5::Source source{h5::open_file(path), path.string()};
  FrameParts parts = locate_frames(source, options.data);
  Opened opened{.source = std::move(source),
                .frames = {},
                .grid = parts.grid,
                .by_columns = parts.by_columns,
                .order = parts.order,
                .numbers = parts.numbers,
                .warnings = parts.warnings};
  opened.frames = std::make_unique<FrameSource>(std::move(parts));
  return opened;
}

/// The grid that the file's shape says, where nothing says more.
void take_grid(SeriesInfo& info, Shape grid) {
  if (!info.raster && grid.count() > 0) info.raster = RasterPlan{.rows = grid.rows, .cols = grid.cols};
}

/// Whether the mask was read the other way round.
bool take_mask(SeriesInfo& info, const FileMask& mask, const FrameLook& look, const ReadOptions& options,
               Warnings& warnings) {
  info.mask = settle(mask, look, options.mask_sense, warnings);
  const bool inverted = !info.mask.empty() && info.mask != mask.bad;
  const auto flagged = std::count(look.flagged.begin(), look.flagged.end(), 1);
  if (look.negative_noise)
    warnings.push_back({"negative_counts",
                        "the frames hold integers below zero that change from frame to frame: a dark was "
                        "subtracted, and they are read as numbers, not as flags"});
  if (flagged == 0) return inverted;
  if (info.mask.empty()) info.mask.assign(look.flagged.size(), 0);
  for (std::size_t i = 0; i < look.flagged.size(); ++i)
    if (look.flagged[i] != 0) info.mask[i] = 1;
  warnings.push_back({"flagged_pixels", std::to_string(flagged) +
                                            " pixels carry a flag (65535, 4294967295 or -1) in every "
                                            "frame looked at; they are masked"});
  return inverted;
}

/// A probe that lies in the same file as the frames turns with them.
std::vector<ComplexImage> turned_with(std::vector<ComplexImage> images, bool transpose) {
  if (!transpose) return images;
  for (ComplexImage& image : images) image = transposed(image);
  return images;
}

void say_absent(const FrameStore& frames, const Range& range, Warnings& warnings) {
  std::map<Absence, std::uint64_t> counts;
  for (std::uint64_t i = range[0]; i < range[1]; ++i) ++counts[frames.absence(i)];
  for (const auto& [absence, count] : counts)
    if (absence != Absence::none)
      warnings.push_back({absence == Absence::source_gone ? "frames_source_gone" : "frames_not_written",
                          std::to_string(count) + " of " + std::to_string(range[1] - range[0]) +
                              " frames of " + frames.name() + " are missing (" +
                              std::string(words_of(absence)) + ")"});
  if (counts[Absence::none] == 0)
    throw InputError(
        "none of the frames of " + frames.name() + " is there", std::string(words_of(counts.rbegin()->first)),
        counts.rbegin()->first == Absence::source_gone ? "put the files it points to beside it" : "");
}

}  // namespace

SeriesReader::SeriesReader(const std::filesystem::path& path, const ReadOptions& given) {
  Opened opened = open_scan(path, given);
  h5::Source& source = opened.source;
  FrameStore& frames = *opened.frames;
  ReadOptions options = given;
  if (opened.by_columns) options.transpose = !given.transpose;
  const Range range = selected(options, frames);
  Metadata metadata = read_metadata(source, options, frames.shape(), frames.count());
  merge(metadata.warnings, opened.warnings);
  // A raw file of ptero knows itself what never came.
  if (!source.find(raw::frame_arrived)) say_absent(frames, range, metadata.warnings);
  SeriesInfo& info = metadata.info;
  take_grid(info, opened.grid);
  const FrameLook look = look_at(frames, range[0], range[1] - range[0]);
  const bool inverted = take_mask(info, metadata.mask, look, options, metadata.warnings);
  const bool windowed = options.transpose || options.crop > 0 || options.bin != 1 || options.centre;
  const FrameView view = windowed ? FrameView{} : std::exchange(info.view, {});
  info.view = {};
  if (!view.fits(frames.shape()))
    throw InputError("the view recorded in " + source.name + " does not fit its frames", {},
                     "the file is damaged; give --crop or --centre to read it without");
  FrameWindow window = view.is_identity()
                           ? FrameWindow(frames.shape(), frames.dtype(), options, metadata.centre)
                           : FrameWindow(frames.shape(), frames.dtype(), view, metadata.centre);
  const bool is_transposed = options.transpose || view.transpose;
  const std::size_t bin = view.is_identity() ? options.bin : view.bin;
  const Shape whole = is_transposed ? Shape{frames.shape().cols, frames.shape().rows} : frames.shape();
  ScanFrames matched{.name = frames.name(),
                     .recorded = frames.count(),
                     .first = range[0],
                     .count = range[1] - range[0],
                     .object_pixel_m = object_pixels(info, whole),
                     .raster = info.raster,
                     .order = opened.order,
                     .numbers = opened.numbers};
  ScanPositions scan = read_positions(source, options, matched);
  merge(metadata.warnings, scan.warnings);

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
  if (!metadata.probe.empty())
    probe = turned_with(read_named_complex(source, metadata.probe),
                        given.transpose && source.find(metadata.probe).has_value());
  std::vector<ComplexImage> object;
  if (!options.object.empty()) object = read_named_complex(source, options.object);
  if (scan.unpositioned > 0)
    metadata.warnings.push_back({"unpositioned", std::to_string(scan.unpositioned) + " of " +
                                                     std::to_string(matched.count) +
                                                     " frames have no position"});
  state_ = std::make_unique<State>(
      State{std::move(source), std::move(opened.frames), window, std::move(info), range[0], matched.count,
            std::move(scan), std::move(monitor), std::move(arrived), std::move(probe), std::move(object),
            std::move(metadata.warnings), !view.is_identity(), std::move(metadata.mask.each), inverted});
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
  std::vector<std::byte> pixels = state_->frames->read(state_->first + i);
  if (state_->mask_of_each)
    flag(pixels, state_->frames->dtype(),
         mask_of_frame(*state_->mask_of_each, state_->first + i, state_->frames->shape(),
                       state_->mask_inverted));
  frame.payload = Bytes::take(state_->window.apply(std::move(pixels)));
  frame.position = state_->scan.of[i];
  if (!state_->monitor.empty() && std::isfinite(state_->monitor[i])) frame.monitor = state_->monitor[i];
  return frame;
}

Absence SeriesReader::absence(std::uint64_t i) const {
  PTERO_EXPECT(i < size());
  if (!state_->arrived.empty() && state_->arrived[i] == 0) return Absence::never_came;
  return state_->frames->absence(state_->first + i);
}

std::map<Absence, std::uint64_t> SeriesReader::absent() const {
  std::map<Absence, std::uint64_t> counts;
  for (std::uint64_t i = 0; i < size(); ++i)
    if (const Absence why = absence(i); why != Absence::none) ++counts[why];
  return counts;
}

bool SeriesReader::turned() const {
  return state_->turned;
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

const Warnings& SeriesReader::warnings() const {
  return state_->warnings;
}

}  // namespace ptero::scanfile
