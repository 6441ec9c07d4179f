#include "studies/maps.hpp"

#include <cmath>
#include <numeric>
#include <utility>

namespace ptero::tools {

namespace {

constexpr image::Rgb background{226, 228, 232}, region{0, 94, 162}, missed_colour{224, 108, 0};

/// Mean over the 3 x 3 neighbours that exist.
Image<double> mean_3x3(const Image<double>& values) {
  Image<double> means(values.shape());
  for (std::size_t r = 0; r < values.rows(); ++r)
    for (std::size_t c = 0; c < values.cols(); ++c) {
      double sum = 0;
      int count = 0;
      for (std::size_t i = r - (r > 0); i <= std::min(r + 1, values.rows() - 1); ++i)
        for (std::size_t j = c - (c > 0); j <= std::min(c + 1, values.cols() - 1); ++j, ++count)
          sum += values(i, j);
      means(r, c) = sum / count;
    }
  return means;
}

Image<float> logarithm_of(const Image<double>& values) {
  Image<float> logs(values.shape());
  for (std::size_t i = 0; i < values.size(); ++i)
    logs.data()[i] = static_cast<float>(std::log(values.data()[i]));
  return logs;
}

/// Zero mean and unit (population) variance [Lin23, eq. 2].
Image<double> standardised(Image<double> values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.pixels().begin(), values.pixels().end(), 0.0) / n;
  double squares = 0;
  for (double& v : values.pixels()) {
    v -= mean;
    squares += v * v;
  }
  const double sigma = std::sqrt(squares / n);
  for (double& v : values.pixels()) v = sigma > 0 ? v / sigma : 0;
  return values;
}

Image<float> single_precision(const Image<double>& values) {
  Image<float> out(values.shape());
  for (std::size_t i = 0; i < values.size(); ++i) out.data()[i] = static_cast<float>(values.data()[i]);
  return out;
}

}  // namespace

FrameMask selected_in(const roi::Classification& answer) {
  FrameMask mask(answer.labels.size(), 0);
  for (std::size_t i = 0; i < mask.size(); ++i)
    mask[answer.ids[i]] = answer.labels[i] == roi::Label::selected;
  return mask;
}

std::size_t count_of(const FrameMask& mask) {
  return std::accumulate(mask.begin(), mask.end(), std::size_t{0});
}

SegmentMaps segment_maps(const RoiCase& scan, const RasterPlan& plan, int segments, int segment) {
  const Shape shape{plan.rows, plan.cols};
  Image<double> total(shape), x(shape), y(shape), magnitude(shape);
  const roi::FeatureTable& table = scan.tables.at(segments);
  for (std::size_t row = 0; row < table.size(); ++row) {
    const roi::FrameRecord& frame = table.row(row);
    const auto& f = frame.features.segments.at(static_cast<std::size_t>(segment));
    const std::size_t r = plan.row_of(frame.id), c = plan.col_of(frame.id);
    total(r, c) = f.total;
    x(r, c) = f.com_x;
    y(r, c) = f.com_y;
  }
  x = standardised(std::move(x));
  y = standardised(std::move(y));
  for (std::size_t i = 0; i < magnitude.size(); ++i)
    magnitude.data()[i] = std::hypot(x.data()[i], y.data()[i]);
  return {single_precision(x), single_precision(y), logarithm_of(mean_3x3(total)),
          logarithm_of(mean_3x3(magnitude))};
}

image::MapOptions scan_map(const RasterPlan& plan, std::string title, PanelSize size) {
  return {.title = std::move(title),
          .pixel_x_m = plan.step_x_m,
          .pixel_y_m = plan.step_y_m,
          .min_side = size.side,
          .max_side = size.side};
}

Picture render_roi(const FrameMask& selected, const RasterPlan& plan, std::string title, PanelSize size,
                   const FrameMask& missed) {
  Image<std::uint8_t> labels(Shape{plan.rows, plan.cols});
  for (FrameId id = 0; id < selected.size(); ++id)
    labels(plan.row_of(id), plan.col_of(id)) = selected[id] != 0                    ? std::uint8_t{1}
                                               : !missed.empty() && missed[id] != 0 ? std::uint8_t{2}
                                                                                    : std::uint8_t{0};
  std::vector<image::LabelStyle> styles{{"background", background}, {"RoI", region}};
  if (!missed.empty()) styles.push_back({"missed", missed_colour});
  return image::render_labels(labels, styles, scan_map(plan, std::move(title), size));
}

Picture render_frames(const std::vector<double>& values, const RasterPlan& plan, image::MapOptions options) {
  Image<float> map(Shape{plan.rows, plan.cols});
  for (FrameId id = 0; id < values.size(); ++id)
    map(plan.row_of(id), plan.col_of(id)) = static_cast<float>(values[id]);
  return image::render_map(map, options);
}

}  // namespace ptero::tools
