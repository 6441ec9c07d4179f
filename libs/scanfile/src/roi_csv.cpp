#include <charconv>
#include <cmath>
#include <fstream>
#include <ptero/core/error.hpp>
#include <ptero/scanfile/roi_csv.hpp>
#include <string>
#include <string_view>

#include <ptero/core/file.hpp>

namespace ptero::scanfile {

namespace {

std::string_view text_of(RoiLabel label) {
  switch (label) {
    case RoiLabel::background:
      return "background";
    case RoiLabel::selected:
      return "selected";
    case RoiLabel::unpositioned:
      break;
  }
  return "unpositioned";
}

/// The shortest text that reads back exactly, and nothing for what is not known.
void append_number(std::string& line, double value) {
  if (!std::isfinite(value)) return;
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  line.append(text, end);
}

}  // namespace

void write_roi_csv(const std::filesystem::path& path, std::span<const RoiRow> rows) {
  std::string text = "frame,x_m,y_m,total,com_x,com_y,label\n";
  for (const RoiRow& row : rows) {
    const double nowhere = NAN;
    text += std::to_string(row.frame);
    for (const double value : {row.position ? row.position->x_m : nowhere,
                               row.position ? row.position->y_m : nowhere, row.total, row.com_x, row.com_y}) {
      text += ',';
      append_number(text, value);
    }
    text += ',';
    text += text_of(row.label);
    text += '\n';
  }
  write_atomically(path, [&](const std::filesystem::path& temporary) {
    std::ofstream out(temporary, std::ios::binary);
    out << text;
    out.close();
    if (!out) throw Error("cannot write " + path.string(), errno_text());
  });
}

}  // namespace ptero::scanfile
