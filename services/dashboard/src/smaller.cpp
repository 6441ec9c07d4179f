#include "smaller.hpp"

#include <zlib.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include <nlohmann/json.hpp>
#include <ptero/core/contract.hpp>

namespace ptero::dashboard {

namespace {

using Json = nlohmann::json;

struct Detail {
  int bits = 16;            // of a pixel
  std::uint32_t steps = 0;  // of its values
  std::size_t every = 1;    // pixels of the object
};

Detail detail_of(int level) {
  if (level <= 1) return {16, 65'534, 1};
  if (level == 2) return {16, 1'022, 2};
  return {8, 254, 4};
}

template <class T>
std::vector<T> values_in(const std::string& message, std::size_t at, std::size_t count) {
  std::vector<T> values(count);
  PTERO_EXPECT(at + count * sizeof(T) <= message.size());
  std::memcpy(values.data(), message.data() + at, count * sizeof(T));
  return values;
}

/// Differences, and the lowest bytes of all before the next ones: what deflate makes most of.
void write(std::string& body, const std::vector<std::uint32_t>& q, int bits) {
  for (int byte = 0; byte < bits / 8; ++byte) {
    std::uint32_t before = 0;
    for (const std::uint32_t one : q) {
      body.push_back(static_cast<char>(((one - before) >> (8 * byte)) & 0xffU));
      before = one;
    }
  }
}

/// Values as whole numbers of `steps`; says where they begin and how wide a step is.
std::vector<std::uint32_t> quantised(const std::vector<float>& values, const Detail& detail, Json& packed) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const float v : values)
    if (std::isfinite(v)) {
      low = std::min(low, double{v});
      high = std::max(high, double{v});
    }
  if (!(low <= high)) low = high = 0;
  const double scale = high > low ? (high - low) / detail.steps : 1;
  const std::uint32_t nothing = detail.bits == 8 ? 0xffU : 0xffffU;
  std::vector<std::uint32_t> q;
  q.reserve(values.size());
  for (const float v : values)
    q.push_back(std::isfinite(v) ? static_cast<std::uint32_t>(std::lround((double{v} - low) / scale))
                                 : nothing);
  packed = {{"bits", detail.bits}, {"zero", low}, {"scale", scale}};
  return q;
}

/// Every `every`-th pixel of every such row.
std::vector<float> thinned(const std::vector<float>& values, std::size_t rows, std::size_t cols,
                           std::size_t every) {
  std::vector<float> out;
  for (std::size_t r = 0; r < rows; r += every)
    for (std::size_t c = 0; c < cols; c += every) out.push_back(values[r * cols + c]);
  return out;
}

std::string deflated(const std::string& body) {
  auto size = compressBound(static_cast<uLong>(body.size()));
  std::string out(size, '\0');
  PTERO_ASSERT(compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                         reinterpret_cast<const Bytef*>(body.data()), static_cast<uLong>(body.size()),
                         4) == Z_OK);
  out.resize(size);
  return out;
}

/// The head of an object of which every so many-th pixel is left: its first pixel stays where it was.
void thin_head(Json& head, std::size_t every) {
  const double pixel_m = head["pixel_m"];
  const auto kept = [&](std::size_t n) { return (n + every - 1) / every; };
  const std::size_t sides[] = {head["shape"][0], head["shape"][1]};
  head["shape"] = {kept(sides[0]), kept(sides[1])};
  head["pixel_m"] = pixel_m * static_cast<double>(every);
  for (const std::size_t axis : {0, 1}) {  // x goes along columns
    const std::size_t side = sides[1 - axis];
    const double first_m = double{head["centre_m"][axis]} - static_cast<double>(side) / 2 * pixel_m;
    head["centre_m"][axis] =
        first_m + static_cast<double>(kept(side)) / 2 * static_cast<double>(every) * pixel_m;
  }
}

void pack(const std::string& message, std::size_t arrays_at, const Detail& detail, bool thin, Json& array,
          std::string& body) {
  const std::string dtype = array["dtype"];
  std::vector<std::size_t> shape = array["shape"];
  std::size_t count = 1;
  for (const std::size_t n : shape) count *= n;
  const std::size_t at = arrays_at + std::size_t{array["offset"]};
  array["offset"] = body.size();
  if (dtype == "<f4" || dtype == "<c8") {
    auto values = values_in<float>(message, at, dtype == "<c8" ? 2 * count : count);
    if (thin && detail.every > 1) {
      values = thinned(values, shape[0], shape[1], detail.every);
      for (auto& n : shape) n = (n + detail.every - 1) / detail.every;
      array["shape"] = shape;
    }
    const Detail whole = shape.size() == 1 ? detail_of(1) : detail;
    write(body, quantised(values, whole, array["packed"]), whole.bits);
    return;
  }
  const int bits = dtype == "|u1" ? 8 : 32;
  array["packed"] = {{"bits", bits}, {"zero", 0}, {"scale", nullptr}};
  if (bits == 8) {
    const auto values = values_in<std::uint8_t>(message, at, count);
    write(body, {values.begin(), values.end()}, bits);
  } else {
    write(body, values_in<std::uint32_t>(message, at, count), bits);
  }
}

}  // namespace

std::string smaller(const std::string& message, int level) {
  std::uint32_t length = 0;
  PTERO_EXPECT(message.size() >= 4);
  std::memcpy(&length, message.data(), 4);
  Json head = Json::parse(message.begin() + 4, message.begin() + 4 + length);
  const Detail detail = detail_of(level);
  const bool thin = head["topic"] == "snapshot" && detail.every > 1;
  std::string body;
  for (auto& array : head["arrays"]) pack(message, 4 + length, detail, thin, array, body);
  if (thin) thin_head(head, detail.every);
  head["reduced"] = {{"level", level}, {"every", thin ? detail.every : 1}};
  const std::string text = head.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const auto size = static_cast<std::uint32_t>(text.size());
  std::string out(4, '\0');
  std::memcpy(out.data(), &size, 4);
  return out + text + deflated(body);
}

}  // namespace ptero::dashboard
