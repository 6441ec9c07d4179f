#include <array>
#include <limits>
#include <ptero/core/dtype.hpp>

namespace ptero {

namespace {
/// By the number of the type.
constexpr std::array<std::string_view, 10> names{"|u1", "<u2", "<u4", "<f4", "|i1",
                                                 "<i2", "<i4", "<i8", "<u8", "<f8"};
}  // namespace

std::size_t size_of(Dtype dtype) {
  return with_recorded_dtype(dtype, [](auto zero) { return sizeof(zero); });
}

std::string_view numpy_name(Dtype dtype) {
  return names[static_cast<std::size_t>(dtype)];
}

std::optional<Dtype> dtype_from_numpy(std::string_view name) {
  if (!name.empty() && (name[0] == '<' || name[0] == '|' || name[0] == '=')) name.remove_prefix(1);
  for (std::size_t i = 0; i < names.size(); ++i)
    if (name == names[i].substr(1)) return static_cast<Dtype>(i);
  return std::nullopt;
}

Dtype computed_as(Dtype dtype) {
  switch (dtype) {
    case Dtype::i8:
      return Dtype::u8;
    case Dtype::i16:
      return Dtype::u16;
    case Dtype::i32:
    case Dtype::i64:
    case Dtype::u64:
      return Dtype::u32;
    case Dtype::f64:
      return Dtype::f32;
    default:
      return dtype;
  }
}

double flag_value(Dtype dtype) {
  return with_dtype(computed_as(dtype), []<class T>(T) {
    if constexpr (std::numeric_limits<T>::is_integer)
      return static_cast<double>(std::numeric_limits<T>::max()) - 1;
    else
      return static_cast<double>(std::numeric_limits<std::uint32_t>::max());
  });
}

}  // namespace ptero
