#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ptero/config/document.hpp>
#include <sstream>

#include "store.hpp"
#include "toml_reader.hpp"

namespace ptero::config {

namespace {
std::string read_file(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    throw InputError("cannot read the configuration " + path, "it is a directory", "name a TOML file");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  // An empty file sets failbit on `text`, not on `in`.
  if (in) text << in.rdbuf();
  if (!in || in.bad())
    throw InputError("cannot read the configuration " + path, std::strerror(errno), "name a TOML file");
  return text.str();
}
}  // namespace

Document::Document(std::shared_ptr<detail::Store> store) : store_(std::move(store)) {}

Document Document::load(const std::string& path) {
  return parse(read_file(path), path);
}

Document Document::parse(std::string_view text, const std::string& name) {
  auto store = std::make_shared<detail::Store>();
  store->name = name;
  store->text = text;
  detail::read_toml(text, *store);
  return Document(std::move(store));
}

Document Document::empty() {
  return parse("", "command line");
}

void Document::override_key(std::string_view assignment) {
  const auto equals = assignment.find('=');
  const auto dot = assignment.substr(0, equals).rfind('.');
  if (equals == std::string_view::npos || dot == std::string_view::npos || dot == 0 || dot + 1 == equals)
    throw InputError("command line: --set " + std::string(assignment) + " is not an assignment", {},
                     "write --set SECTION.KEY=VALUE");
  const std::string section(assignment.substr(0, dot));
  const std::string key(assignment.substr(dot + 1, equals - dot - 1));
  store_->entries[{section, key}] = {detail::RawText{std::string(assignment.substr(equals + 1))}, 0};
  store_->section_lines.try_emplace(section, 0);
  store_->text += "# --set " + std::string(assignment) + "\n";
}

Section Document::section(const std::string& name) const {
  return Section(store_, name);
}

void Document::allow_section(const std::string& name) const {
  store_->allowed.insert(name);
}

void Document::check_all_used() const {
  store_->check_sections();
  for (const auto& [section, keys] : store_->asked)
    if (!store_->allowed.contains(section)) store_->check_keys(section);
}

}  // namespace ptero::config
