#include <charconv>
#include <cmath>
#include <fstream>

#include <ptero/core/file.hpp>
#include "export_frames.hpp"

namespace ptero::scanfile {

namespace {

/// The shortest text that reads back exactly, and nothing for what is not known.
std::string text_of(double value) {
  if (!std::isfinite(value)) return {};
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

double total(const Frame& frame, const std::vector<std::uint8_t>& mask) {
  const CleanFrame cleaned = clean(frame, mask);
  double sum = 0;
  with_dtype(frame.dtype, [&]<class T>(T) {
    const T* pixels = reinterpret_cast<const T*>(cleaned.pixels.data());
    for (std::size_t i = 0; i < frame.shape.count(); ++i) sum += static_cast<double>(pixels[i]);
  });
  return sum;
}

void write_text_file(const std::filesystem::path& path, const std::string& text) {
  write_atomically(path, [&](const std::filesystem::path& temporary) {
    std::ofstream out(temporary, std::ios::binary);
    out << text;
    out.close();
    if (!out) throw Error("cannot write " + path.string(), errno_text());
  });
}

std::string names_of(bool pixels) {
  return pixels ? "x_px,y_px" : "x_m,y_m";
}

}  // namespace

void write_scan_csv(const std::filesystem::path& path, const SeriesReader& reader) {
  std::string text = "frame," + names_of(in_pixels(reader.info())) + ",total,monitor\n";
  for (const ExportFrame& at : exportable(reader)) {
    const Frame frame = reader.frame(at.id);
    text += std::to_string(at.id) + "," + text_of(at.position.x_m) + "," + text_of(at.position.y_m) + "," +
            text_of(total(frame, reader.info().mask)) + "," + text_of(frame.monitor.value_or(NAN)) + "\n";
  }
  write_text_file(path, text);
}

void write_positions_csv(const std::filesystem::path& path, const product::Product& product) {
  std::string text = "frame," + names_of(product.in_pixels()) + "\n";
  for (std::size_t i = 0; i < product.positions.size(); ++i)
    text += std::to_string(product.position_indexes[i]) + "," + text_of(product.positions[i].x_m) + "," +
            text_of(product.positions[i].y_m) + "\n";
  write_text_file(path, text);
}

}  // namespace ptero::scanfile
