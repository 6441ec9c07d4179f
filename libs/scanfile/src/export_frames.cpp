#include "export_frames.hpp"

#include <algorithm>
#include <cmath>

namespace ptero::scanfile {

namespace {

std::vector<std::byte> turned_pixels(const std::vector<std::byte>& pixels, Shape shape, Dtype dtype) {
  std::vector<std::byte> out(pixels.size());
  with_dtype(dtype, [&]<class T>(T) {
    const T* from = reinterpret_cast<const T*>(pixels.data());
    T* to = reinterpret_cast<T*>(out.data());
    for (std::size_t r = 0; r < shape.rows; ++r)
      for (std::size_t c = 0; c < shape.cols; ++c) to[c * shape.rows + r] = from[r * shape.cols + c];
  });
  return out;
}

}  // namespace

CleanFrame clean(const Frame& frame, const std::vector<std::uint8_t>& mask) {
  CleanFrame out{.good = std::vector<std::uint8_t>(frame.shape.count(), 1)};
  out.pixels.assign(frame.payload.span().begin(), frame.payload.span().end());
  with_dtype(frame.dtype, [&]<class T>(T) {
    T* pixels = reinterpret_cast<T*>(out.pixels.data());
    const double flag = flag_value(frame.dtype);
    for (std::size_t i = 0; i < out.good.size(); ++i) {
      const bool bad = (!mask.empty() && mask[i] != 0) || !(static_cast<double>(pixels[i]) < flag);
      if (bad) pixels[i] = T{};
      if (bad) out.good[i] = 0;
    }
  });
  return out;
}

h5::Id write_stack(hid_t parent, const std::string& name, const SeriesReader& reader,
                   const std::vector<ExportFrame>& frames, ExportType type,
                   const std::function<void(std::size_t, const CleanFrame&)>& see) {
  Shape shape = reader.info().frame_shape;
  const bool turned = type == ExportType::by_columns;
  if (turned) std::swap(shape.rows, shape.cols);
  const hsize_t dims[3] = {frames.size(), shape.rows, shape.cols};
  const h5::Id space(H5Screate_simple(3, dims, nullptr));
  const hid_t recorded = with_dtype(reader.info().dtype, []<class T>(T) { return h5::type_of<T>(); });
  const hid_t stored = type == ExportType::as_recorded ? recorded : h5::type_of<float>();
  h5::Id dataset(
      h5::check(H5Dcreate2(parent, name.c_str(), stored, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                "cannot create the dataset " + name));
  const hsize_t count[3] = {1, shape.rows, shape.cols};
  const h5::Id in_memory(H5Screate_simple(3, count, nullptr));
  for (std::size_t i = 0; i < frames.size(); ++i) {
    CleanFrame frame = clean(reader.frame(frames[i].id), reader.info().mask);
    if (turned) frame.pixels = turned_pixels(frame.pixels, reader.info().frame_shape, reader.info().dtype);
    const hsize_t start[3] = {i, 0, 0};
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr);
    h5::check(H5Dwrite(dataset, recorded, in_memory, space, H5P_DEFAULT, frame.pixels.data()),
              "cannot write " + name);
    if (see) see(i, frame);
  }
  return dataset;
}

std::vector<ExportFrame> exportable(const SeriesReader& reader) {
  std::vector<ExportFrame> frames;
  for (std::uint64_t i = 0; i < reader.size(); ++i) {
    if (!reader.present(i)) continue;
    const auto position = position_of(reader.info(), Frame{.id = i, .position = reader.positions()[i]});
    if (position) frames.push_back({i, *position});
  }
  if (frames.empty())
    throw InputError("no frame of the scan has a position", {},
                     "name them with --positions, or give the step of the plan with --step");
  return frames;
}

std::optional<std::string> off_centre(const SeriesInfo& info) {
  if (!info.centre_row || !info.centre_col) return std::nullopt;
  const double middle[2] = {static_cast<double>(info.frame_shape.rows / 2),
                            static_cast<double>(info.frame_shape.cols / 2)};
  if (std::abs(*info.centre_row - middle[0]) <= 0.5 && std::abs(*info.centre_col - middle[1]) <= 0.5)
    return std::nullopt;
  return "the centre of the patterns is at row " + std::to_string(*info.centre_row) + ", column " +
         std::to_string(*info.centre_col) +
         ", not in the middle of the array, where other programs take it to be; --crop N puts it there";
}

}  // namespace ptero::scanfile
