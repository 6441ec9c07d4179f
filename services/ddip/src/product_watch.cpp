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

bool ProductWatch::is_in(const Times& times, const fs::path& product, Time time) {
  const auto found = times.find(product);
  return found != times.end() && found->second == time;
}

std::optional<fs::path> ProductWatch::next() const {
  return newest_of([this](const fs::path& product, Time time) {
    const auto done = time_of(separated_beside(product));
    return (!done || *done < time) && !is_in(refused_, product, time) && !is_in(left_, product, time);
  });
}

std::optional<fs::path> ProductWatch::newest() const {
  return newest_of([](const fs::path&, Time) { return true; });
}

std::optional<fs::path> ProductWatch::newest_of(
    const std::function<bool(const fs::path&, Time)>& wanted) const {
  std::vector<fs::path> candidates{folder_ / "product.h5"};
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder_, unreadable))
    candidates.push_back(entry.path() / "product.h5");
  std::optional<fs::path> newest;
  Time newest_time{};
  for (const fs::path& product : candidates) {
    const auto time = time_of(product);
    if (!time || !wanted(product, *time)) continue;
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

/// As it was read: what came since is another.
std::optional<ProductWatch::Time> ProductWatch::time_read(const fs::path& product) const {
  const auto read = read_.find(product);
  return read != read_.end() ? std::optional(read->second) : time_of(product);
}

void ProductWatch::refuse(const fs::path& product) {
  if (const auto time = time_read(product)) refused_[product] = *time;
}

void ProductWatch::leave(const fs::path& product) {
  if (const auto time = time_read(product)) left_[product] = *time;
}

}  // namespace ptero::ddip
