#include <pango/pangocairo.h>

#include <cmath>
#include <memory>
#include <string>

#include "canvas.hpp"

namespace ptero::image {

namespace {
struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};
using Layout = std::unique_ptr<PangoLayout, Unref>;

/// Pango takes the glyphs that the first font lacks from any other that is installed.
constexpr const char* family = "DejaVu Sans, Sans";

Layout layout_of(std::string_view utf8, int size) {
  // One font map a thread, kept by Pango.
  const std::unique_ptr<PangoContext, Unref> context(
      pango_font_map_create_context(pango_cairo_font_map_get_default()));
  cairo_font_options_t* options = cairo_font_options_create();
  // Without hints a text takes the same room on a screen and on a page.
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  pango_cairo_context_set_font_options(context.get(), options);
  cairo_font_options_destroy(options);
  Layout layout(pango_layout_new(context.get()));
  PangoFontDescription* font = pango_font_description_from_string(family);
  pango_font_description_set_absolute_size(font, double{PANGO_SCALE} * size);
  pango_layout_set_font_description(layout.get(), font);
  pango_font_description_free(font);
  pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
  // Names come from files and detectors: bytes that are no UTF-8 become the sign for that.
  gchar* valid = g_utf8_make_valid(utf8.data(), static_cast<gssize>(utf8.size()));
  pango_layout_set_text(layout.get(), valid, -1);
  g_free(valid);
  return layout;
}
}  // namespace

int text_width(std::string_view utf8, int size) {
  if (utf8.empty()) return 0;
  PangoRectangle ink, logical;
  pango_layout_get_extents(layout_of(utf8, size).get(), &ink, &logical);
  return static_cast<int>(
      std::ceil(double(std::max(logical.x + logical.width, ink.x + ink.width)) / PANGO_SCALE));
}

int cap_height(int size) {
  return static_cast<int>(std::lround(0.73 * size));  // of DejaVu Sans
}

void Canvas::text(int row, int col, std::string_view utf8, Rgb colour, int size) {
  if (utf8.empty()) return;
  const Layout layout = layout_of(utf8, size);
  cairo_set_source_rgb(context_, colour.r / 255.0, colour.g / 255.0, colour.b / 255.0);
  cairo_move_to(context_, col, row + cap_height(size));
  pango_cairo_show_layout_line(context_, pango_layout_get_line_readonly(layout.get(), 0));
  cairo_new_path(context_);
}

}  // namespace ptero::image
