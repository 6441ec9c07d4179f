#include "product_watch.hpp"

#include <system_error>
#include <vector>

namespace ptero::ddip {

namespace fs = std::filesystem;

namespace {

std::optional<fs::file_time_type> time_of(const fs::path& path) {
  std::error_code gone;
  const auto time = fs::last_write_time(path, gone);
  return gone ? std::nullopt : std::optional(time);
}

}  // namespace

fs::path separated_beside(const fs::path& product) {
  return product.parent_path() / "separated.h5";
}

std::optional<fs::path> ProductWatch::next() const {
  std::vector<fs::path> candidates{folder_ / "product.h5"};
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder_, unreadable))
    candidates.push_back(entry.path() / "product.h5");
  std::optional<fs::path> newest;
  Time newest_time{};
  for (const fs::path& product : candidates) {
    const auto time = time_of(product);
    if (!time) continue;
    const auto done = time_of(separated_beside(product));
    if (done && *done >= *time) continue;
    if (const auto refused = refused_.find(product); refused != refused_.end() && refused->second == *time)
      continue;
    if (newest && *time <= newest_time) continue;
    newest = product;
    newest_time = *time;
  }
  return newest;
}

bool ProductWatch::changed(const fs::path& product) const {
  const auto read = read_.find(product);
  const auto now = time_of(product);
  return now && (read == read_.end() || read->second != *now);
}

void ProductWatch::read(const fs::path& product) {
  if (const auto time = time_of(product)) read_[product] = *time;
}

void ProductWatch::done(const fs::path& product) const {
  if (const auto read = read_.find(product); read != read_.end())
    fs::last_write_time(separated_beside(product), read->second);
}

void ProductWatch::refuse(const fs::path& product) {
  if (const auto time = time_of(product)) refused_[product] = *time;
}

}  // namespace ptero::ddip
