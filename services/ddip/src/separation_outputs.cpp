#include <ptero/services/ddip/separation_outputs.hpp>

#include <nlohmann/json.hpp>
#include <ptero/ddip/memory.hpp>
#include <ptero/image/picture.hpp>
#include <ptero/image/render.hpp>
#include <ptero/image/tiff.hpp>

namespace ptero::ddip {

namespace {

image::Picture map_of(const Image<float>& image, const std::string& title, double pixel_m, bool is_sigma) {
  image::MapOptions look;
  look.title = title;
  look.pixel_x_m = pixel_m;
  look.min_side = 300;
  if (!is_sigma) {
    look.colours = image::ColourMap::grey;
    look.range = image::range_around_mean(image);
  }
  return image::render_map(image, look);
}

void write_panel(const std::filesystem::path& folder, const GivenSlices& given, const Slices& separated,
                 const Slices& sigma, const std::string& headline) {
  std::vector<image::Picture> pictures;
  const auto add = [&](const Slices& slices, const std::string& name, bool is_sigma) {
    for (std::size_t i = 0; i < slices.size(); ++i)
      pictures.push_back(
          map_of(slices[i], "slice " + std::to_string(i + 1) + ", " + name, given.pixel_m, is_sigma));
  };
  add(given.phases, "as given", false);
  add(separated, "separated", false);
  add(sigma, "sigma", true);
  image::write_picture(folder / "slices.png", image::panel(pictures, headline, given.phases.size()));
}

void write_sigma(const std::filesystem::path& folder, const GivenSlices& given, const Ensemble& ensemble) {
  for (std::size_t i = 0; i < ensemble.sigma.size(); ++i)
    image::write_tiff(folder / ("sigma" + std::to_string(i + 1) + ".tiff"), ensemble.sigma[i], given.pixel_m);
}

nlohmann::json rows_of(const Image<double>& matrix) {
  nlohmann::json rows = nlohmann::json::array();
  for (std::size_t r = 0; r < matrix.rows(); ++r)
    rows.push_back(std::vector<double>(matrix.row(r).begin(), matrix.row(r).end()));
  return rows;
}

}  // namespace

void write_progress(const std::filesystem::path& folder, const GivenSlices& given, const Slices& separated,
                    const std::string& headline) {
  write_panel(folder, given, separated, {}, headline);
}

void write_separation(const std::filesystem::path& folder, const GivenSlices& given,
                      const Ensemble& ensemble) {
  if (ensemble.mean.empty()) return;
  const bool several = ensemble.runs.size() > 1;
  for (std::size_t i = 0; i < ensemble.mean.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    image::write_tiff(folder / ("slice" + number + ".tiff"), ensemble.mean[i], given.pixel_m);
  }
  if (several) write_sigma(folder, given, ensemble);
  const Outcome& last = ensemble.runs.back();
  write_panel(folder, given, ensemble.mean, several ? ensemble.sigma : Slices{},
              several ? std::to_string(ensemble.runs.size()) + " runs"
                      : "epoch " + std::to_string(last.epoch) + " of " + std::to_string(last.epochs));
  if (given.product) write_separated(folder, given, ensemble);
}

void write_separated(const std::filesystem::path& folder, const GivenSlices& given,
                     const Ensemble& ensemble) {
  if (ensemble.runs.size() > 1) write_sigma(folder, given, ensemble);
  if (const auto start = second_pass_start(*given.product, given.window, ensemble.mean))
    product::write_product(folder / "second-pass.h5", *start);
  product::Product product = with_slices(*given.product, given.window, ensemble.mean);
  product.numbers["ddip_epoch"] = static_cast<double>(ensemble.epoch);
  product.numbers["ddip_runs"] = static_cast<double>(ensemble.runs.size());
  product.numbers["ddip_alarms"] = static_cast<double>(ensemble.alarms.size());
  product::write_product(folder / "separated.h5", product);
}

std::string separation_report(const Options& options, const RunOptions& run_options, const GivenSlices& given,
                              const Ensemble& ensemble, double seconds) {
  nlohmann::json runs = nlohmann::json::array();
  for (const Outcome& one : ensemble.runs)
    runs.push_back(
        {{"end", name_of(one.end)},
         {"epochs", one.epochs},
         {"epoch", one.epoch},
         {"mixing", rows_of(one.mixing)},
         {"losses",
          {{"data", one.losses.data}, {"exclusion", one.losses.exclusion}, {"balance", one.losses.balance}}},
         {"alarms", one.alarms}});
  nlohmann::json sigma = nlohmann::json::array();
  for (const Image<float>& image : ensemble.sigma) {
    double sum = 0;
    for (const float v : image.pixels()) sum += v;
    sigma.push_back(sum / static_cast<double>(image.size()));
  }
  return nlohmann::json{{"runs", runs},
                        {"mean_sigma", sigma},
                        {"window",
                         {{"top", given.window.top},
                          {"left", given.window.left},
                          {"rows", given.window.shape.rows},
                          {"cols", given.window.shape.cols}}},
                        {"seconds", seconds},
                        {"peak_memory_bytes", peak_memory_bytes()},
                        {"options",
                         {{"filter", options.filter == Filter::shallow ? "shallow" : "single"},
                          {"exclusion", options.exclusion},
                          {"epochs", run_options.epochs},
                          {"patience", run_options.early_stop.patience},
                          {"weight_input_side", options.weight_input_side},
                          {"learning_rate", options.learning_rate},
                          {"seed", options.seed}}}}
      .dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace ptero::ddip
