#include "options_group.hpp"

#include <type_traits>

#include <ptero/h5/locate.hpp>
#include <ptero/h5/write.hpp>

namespace ptero::product {

namespace {

constexpr const char* group_name = "ptero_options";

struct Write {
  hid_t group;
  const char* key;

  void operator()(bool value) const { h5::set_attribute(group, key, std::int64_t{value ? 1 : 0}); }
  void operator()(std::int64_t value) const { h5::set_attribute(group, key, value); }
  void operator()(double value) const { h5::set_attribute(group, key, value); }
  void operator()(const std::string& value) const { h5::set_attribute(group, key, std::string_view(value)); }
  void operator()(const std::vector<double>& values) const {
    if (values.empty()) return (*this)(std::string());
    h5::set_attribute(group, key, std::span(values), {values.size()});
  }
  void operator()(const std::vector<std::string>& values) const {
    if (values.empty()) return (*this)(std::string());
    h5::set_attribute(group, key, values);
  }
};

herr_t read_one(hid_t group, const char* name, const H5A_info_t*, void* out) {
  auto& options = *static_cast<Options*>(out);
  if (const auto number = h5::number_attribute(group, name))
    options.emplace_back(name, *number);
  else if (const auto text = h5::text_attribute(group, name))
    options.emplace_back(name, *text);
  return 0;
}

}  // namespace

void write_options(hid_t parent, const Options& options) {
  if (options.empty()) return;
  const h5::Id group = h5::create_group(parent, group_name, "NXcollection");
  for (const auto& [key, value] : options) std::visit(Write{group, key.c_str()}, value);
}

Options read_options(hid_t parent) {
  Options options;
  if (!h5::exists(parent, group_name)) return options;
  const h5::Id group(H5Gopen2(parent, group_name, H5P_DEFAULT));
  if (group >= 0) H5Aiterate2(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, read_one, &options);
  std::erase_if(options, [](const auto& option) { return option.first == "NX_class"; });
  return options;
}

}  // namespace ptero::product
