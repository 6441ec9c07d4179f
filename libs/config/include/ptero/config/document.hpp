#pragma once
// config: a TOML file becomes checked keys; each service binds its own struct with them.
// Not thread safe: configuration is read before the threads start. Every mistake is an InputError that names
// the place (file:line, or "command line"), the section, the key and what would be right.

#include <memory>
#include <ptero/config/section.hpp>
#include <string>
#include <string_view>

namespace ptero::config {

/// One configuration: a file, and what the command line overrides in it.
/// Usage: load, override, take sections and read their keys, then `check_all_used`.
class Document {
 public:
  /// InputError when the file cannot be read or is not TOML.
  static Document load(const std::string& path);
  /// As `load`; `name` stands for the path in messages.
  static Document parse(std::string_view text, const std::string& name);
  /// No file: every key has its default or comes from the command line.
  static Document empty();

  /// "section.key=value" from the command line, before the section is read. The value is TOML; text that is
  /// read as a string needs no quotes. The last override of a key wins. Sections may have dots, keys not.
  void override_key(std::string_view assignment);

  /// The section [name], empty when the file has none. Registers the name as known.
  Section section(const std::string& name) const;
  /// A section that belongs to somebody else: known, its keys unchecked.
  void allow_section(const std::string& name) const;

  /// InputError at the first unknown section, or key that no one asked for.
  void check_all_used() const;

 private:
  explicit Document(std::shared_ptr<detail::Store> store);
  std::shared_ptr<detail::Store> store_;
};

}  // namespace ptero::config
