#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>

namespace ptero::ddip {

/// Finds products that have no separated.h5 as new as they are. A file that was refused is not offered again
/// until it changes.
class ProductWatch {
 public:
  explicit ProductWatch(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// The newest that is to be done, of `folder`/product.h5 and `folder`/*/product.h5.
  std::optional<std::filesystem::path> next() const;
  /// The newest, separated or refused before or not: who asks for it hears why it is refused.
  std::optional<std::filesystem::path> newest() const;
  /// The product changed after it was read.
  bool changed(const std::filesystem::path& product) const;
  void read(const std::filesystem::path& product);
  void refuse(const std::filesystem::path& product);
  /// A person does not want this one separated: next() leaves it alone until it changes.
  void leave(const std::filesystem::path& product);
  /// separated.h5 is of the product as it was read: gives it that time, so that one that came since is due.
  void done(const std::filesystem::path& product) const;

 private:
  using Time = std::filesystem::file_time_type;
  std::filesystem::path folder_;
  using Times = std::map<std::filesystem::path, Time>;
  static bool is_in(const Times& times, const std::filesystem::path& product, Time time);
  std::optional<std::filesystem::path> newest_of(
      const std::function<bool(const std::filesystem::path&, Time)>& wanted) const;

  std::optional<Time> time_read(const std::filesystem::path& product) const;

  Times refused_;
  Times left_;
  Times read_;
};

std::filesystem::path separated_beside(const std::filesystem::path& product);

}  // namespace ptero::ddip
