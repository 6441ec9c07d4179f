#include <limits>
#include <ptero/core/dtype.hpp>

namespace ptero {

std::size_t size_of(Dtype dtype) {
  return with_dtype(dtype, [](auto zero) { return sizeof(zero); });
}

std::string_view numpy_name(Dtype dtype) {
  switch (dtype) {
    case Dtype::u8:
      return "|u1";
    case Dtype::u16:
      return "<u2";
    case Dtype::u32:
      return "<u4";
    case Dtype::f32:
      break;
  }
  return "<f4";
}

std::optional<Dtype> dtype_from_numpy(std::string_view name) {
  if (!name.empty() && (name[0] == '<' || name[0] == '|' || name[0] == '=')) name.remove_prefix(1);
  for (Dtype dtype : {Dtype::u8, Dtype::u16, Dtype::u32, Dtype::f32})
    if (name == numpy_name(dtype).substr(1)) return dtype;
  return std::nullopt;
}

double flag_value(Dtype dtype) {
  return with_dtype(dtype, []<class T>(T) {
    if constexpr (std::numeric_limits<T>::is_integer)
      return static_cast<double>(std::numeric_limits<T>::max()) - 1;
    else
      return static_cast<double>(std::numeric_limits<std::uint32_t>::max());
  });
}

}  // namespace ptero
