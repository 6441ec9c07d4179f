#pragma once

#include <filesystem>
#include <functional>
#include <ptero/core/image.hpp>
#include <ptero/image/notes.hpp>
#include <ptero/image/rgb.hpp>

namespace ptero::image {

class Canvas;

/// A drawing of text, strokes and maps of colours that does not depend on what it is drawn on: pixels, or a
/// page whose letters and strokes stay sharp at any size.
class Picture {
 public:
  /// Draws with its top left corner at the canvas' origin.
  using Draw = std::function<void(Canvas&)>;

  /// Sizes in screen pixels, both above 0.
  Picture(int height, int width, Draw draw);
  explicit Picture(const Image<Rgb>& pixels);

  int height() const { return height_; }
  int width() const { return width_; }
  void draw(Canvas& canvas) const { draw_(canvas); }

 private:
  int height_, width_;
  Draw draw_;
};

/// The picture as pixels, on white.
Image<Rgb> pixels_of(const Picture& picture);

/// Write a picture as its name says: .png, .pdf (one page, the notes as its subject) or .svg (no notes: the
/// library that writes it has no place for them). Written beside the name and renamed. Throws InputError for
/// another ending, Error naming the path when it cannot be written.
void write_picture(const std::filesystem::path& path, const Picture& picture, const Notes& notes = {});

}  // namespace ptero::image
