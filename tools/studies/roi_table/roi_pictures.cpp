#include "studies/roi_table/roi_pictures.hpp"

#include <fmt/format.h>

#include <cmath>

#include <ptero/roi/map.hpp>

namespace ptero::tools {

namespace {

using image::LabelStyle;

const std::vector<LabelStyle> selection{
    {"background", {226, 228, 232}}, {"RoI", {0, 94, 162}}, {"not counted", {150, 186, 214}}};

class CasePictures {
 public:
  CasePictures(const RoiCase& roi_case, int segments)
      : case_(roi_case), segments_(segments), table_(roi_case.tables.at(segments)) {}

  Picture totals() const {
    auto options = map("T of the whole pattern");
    options.unit = "counts";
    return image::render_map(roi::feature_map(table_, case_.layout, roi::MapValue::total), options);
  }
  Picture truth() const {
    return labels("truth", {selection.begin(), selection.end()},
                  [&](FrameId id) { return static_cast<std::uint8_t>(case_.truth[id]); });
  }
  Picture materials() const {
    return labels("k = 3: clusters of T",
                  {{"film", {213, 94, 0}}, {"particles", {0, 94, 162}}, {"ice", {226, 228, 232}}},
                  [&](FrameId id) { return case_.materials[id]; });
  }
  Picture selected(roi::Mode mode) const {
    const auto answer =
        roi::classify(table_, case_.layout, {.mode = mode, .segments = segments_, .dark = case_.dark});
    const FrameMask mask = selected_in(answer);
    return labels(
        fmt::format("{}, S = {}{}", roi::name_of(mode), segments_, answer.no_contrast ? ": no contrast" : ""),
        {selection.begin(), selection.begin() + 2}, [&](FrameId id) { return mask[id]; });
  }

 private:
  image::MapOptions map(std::string title) const {
    image::MapOptions options{.title = std::move(title), .min_side = 400, .max_side = 400};
    if (const auto& plan = case_.layout.plan(); plan && plan->step_x_m > 0) {
      options.pixel_x_m = plan->step_x_m;
      options.pixel_y_m = plan->step_y_m;
    }
    return options;
  }

  /// A class a frame, drawn where the frame lies.
  template <class ClassOf>
  Picture labels(std::string title, std::vector<LabelStyle> styles, ClassOf class_of) const {
    Image<std::uint8_t> cells;
    for (std::size_t k = 0; k < styles.size(); ++k) {
      roi::Classification of_class;
      for (FrameId id = 0; id < case_.truth.size(); ++id) {
        of_class.ids.push_back(id);
        of_class.labels.push_back(class_of(id) == k ? roi::Label::selected : roi::Label::background);
      }
      const Image<float> map = roi::label_map(table_, case_.layout, of_class);
      if (cells.empty()) cells = Image<std::uint8_t>(map.shape(), std::uint8_t{255});
      for (std::size_t i = 0; i < cells.size(); ++i)
        if (map.data()[i] == 1) cells.data()[i] = static_cast<std::uint8_t>(k);
    }
    return image::render_labels(cells, styles, map(std::move(title)));
  }

  const RoiCase& case_;
  int segments_;
  const roi::FeatureTable& table_;
};

}  // namespace

Picture render_roi_case(const std::string& name, const RoiCase& roi_case) {
  constexpr int preferred = 8;
  const auto at = roi_case.tables.contains(preferred) ? preferred : roi_case.tables.rbegin()->first;
  const CasePictures pictures(roi_case, at);
  std::vector<Picture> row{pictures.totals(), pictures.truth()};
  if (!roi_case.materials.empty()) row.push_back(pictures.materials());
  row.push_back(pictures.selected(roi::Mode::paper));
  row.push_back(pictures.selected(roi::Mode::robust));
  return image::panel(row, name);
}

}  // namespace ptero::tools
