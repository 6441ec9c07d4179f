#include "earlier_series.hpp"

#include <set>

#include <nlohmann/json.hpp>

#include <ptero/core/error.hpp>
#include <ptero/product/product.hpp>
#include <ptero/scan/option_text.hpp>
#include <ptero/telemetry/log.hpp>

#include "checkpoint_file.hpp"

namespace ptero::reconstructor {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* product_name = "product.h5";

/// The newest file of that name in `out` or one folder below.
std::optional<fs::path> newest(const fs::path& out, const char* name) {
  std::optional<fs::path> found;
  fs::file_time_type found_time;
  std::error_code error;
  const auto consider = [&](const fs::path& path) {
    const auto time = fs::last_write_time(path, error);
    if (error || (found && time <= found_time)) return;
    found = path;
    found_time = time;
  };
  consider(out / name);
  for (fs::directory_iterator at(out, error), end; !error && at != end; at.increment(error))
    if (std::error_code ignored; at->is_directory(ignored)) consider(at->path() / name);
  return found;
}

std::vector<FrameId> frames_taken(const fs::path& product, const ProductRecord& record) {
  const auto used = product::read_product(product).position_indexes;
  std::set<FrameId> taken(used.begin(), used.end());
  taken.insert(record.refused.begin(), record.refused.end());
  return {taken.begin(), taken.end()};
}

/// A product that cannot be read is said, and put aside for whoever can read more of it; another is made.
void tell_damage(const fs::path& product) {
  try {
    (void)product::read_product(product);
  } catch (const Error& error) {
    const fs::path aside = product.parent_path() / "damaged-product.h5";
    std::error_code failure;
    fs::rename(product, aside, failure);
    telemetry::Logger("reconstructor")
        .warning("the product of an earlier series is damaged and put aside",
                 {{"file", (failure ? product : aside).string()}, {"why", error.what()}});
  }
}

}  // namespace

std::string ProductRecord::to_text() const {
  return json{{"v", 1},
              {"series_uid", series_uid},
              {"started_ns", started_ns},
              {"revision", revision},
              {"set_hash", set_hash},
              {"options", options},
              {"report", report},
              {"refused", refused}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<ProductRecord> ProductRecord::from_text(const std::string& text) {
  try {
    const json j = json::parse(text);
    if (j.at("v") != 1) return std::nullopt;
    return ProductRecord{j.at("series_uid"), j.at("started_ns"), j.at("revision"), j.at("set_hash"),
                         j.at("options"),    j.at("report"),     j.at("refused")};
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

std::string product_options(const scan::SolverOptions& options) {
  return scan::option_text(scan::SolverOptions::declared().values(options, settings::Touches::product));
}

std::optional<EarlierSeries> earlier_series(const fs::path& out, const scan::SolverOptions& options) {
  if (const auto file = newest(out, checkpoint_name))
    if (const auto head = read_head(*file))
      return EarlierSeries{*file, head->series_uid, head->started_ns, head->revision, std::nullopt, {}};
  const auto file = newest(out, product_name);
  if (file) tell_damage(*file);
  const auto record = file ? ProductRecord::from_text(product::read_record(*file)) : std::nullopt;
  if (!record || record->options != product_options(options)) return std::nullopt;
  try {
    return EarlierSeries{*file,  record->series_uid,          record->started_ns, record->revision,
                         record, frames_taken(*file, *record)};
  } catch (const Error&) {
    return std::nullopt;  // a product that is damaged is made again
  }
}

}  // namespace ptero::reconstructor
