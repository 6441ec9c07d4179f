#include "tiff_frames.hpp"

#include <tiffio.h>

#include <bit>
#include <cstring>
#include <ptero/core/error.hpp>

#include "pixel_type.hpp"

namespace ptero::scanfile {

namespace {

struct Close {
  void operator()(TIFF* file) const { TIFFClose(file); }
};

void silent(const char*, const char*, va_list) {}

/// Of the page the file is at.
struct Page {
  Shape shape;
  PixelType type;
  bool plain = false;  ///< one sample a pixel, in rows

  explicit Page(TIFF* file) {
    std::uint32_t rows = 0, cols = 0;
    std::uint16_t bits = 1, samples = 1, format = SAMPLEFORMAT_UINT;
    TIFFGetField(file, TIFFTAG_IMAGELENGTH, &rows);
    TIFFGetField(file, TIFFTAG_IMAGEWIDTH, &cols);
    TIFFGetFieldDefaulted(file, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(file, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(file, TIFFTAG_SAMPLEFORMAT, &format);
    shape = {rows, cols};
    using enum PixelType::Kind;
    type.kind = format == SAMPLEFORMAT_IEEEFP ? floating
                : format == SAMPLEFORMAT_INT  ? signed_integer
                                              : unsigned_integer;
    type.bytes = bits / 8U;
    type.big_endian = std::endian::native == std::endian::big;  // libtiff hands out this machine's
    plain = samples == 1 && TIFFIsTiled(file) == 0 && (bits == 8 || bits == 16 || bits == 32 || bits == 64) &&
            !(type.kind == floating && bits == 8);
  }
  bool operator==(const Page& o) const {
    return shape == o.shape && type.kind == o.type.kind && type.bytes == o.type.bytes && plain == o.plain;
  }
};

class TiffFrames : public FrameStore {
 public:
  explicit TiffFrames(const std::filesystem::path& path)
      : name_(path.string()),
        file_((TIFFSetErrorHandler(silent), TIFFSetWarningHandler(silent), TIFFOpen(path.c_str(), "r"))) {
    if (!file_) throw InputError("cannot read the TIFF file " + name_, "it is damaged");
    const Page first(file_.get());
    shape_ = first.shape;
    type_ = first.type;
    dtype_ = dtype_for(type_);
    do {
      const Page page(file_.get());
      if (!page.plain)
        throw InputError("page " + std::to_string(offsets_.size() + 1) + " of " + name_ + " is no frame",
                         "it has colours, tiles or pixels of an odd size",
                         "save grey pages of 8, 16 or 32 bits");
      if (!(page == first))
        throw InputError("page " + std::to_string(offsets_.size() + 1) + " of " + name_ +
                             " has another shape or type than the first",
                         {}, "all frames of a series need one shape and type");
      offsets_.push_back(TIFFCurrentDirOffset(file_.get()));
    } while (TIFFReadDirectory(file_.get()) != 0);
  }

  std::uint64_t count() const override { return offsets_.size(); }
  Shape shape() const override { return shape_; }
  Dtype dtype() const override { return dtype_; }
  const std::string& name() const override { return name_; }
  bool is_signed() const override { return type_.kind == PixelType::Kind::signed_integer; }
  void keep_negatives() override { dtype_ = Dtype::f32; }
  void flag_negatives() override { dtype_ = dtype_for(type_); }
  std::vector<std::byte> read(std::uint64_t frame) const override {
    const auto bad = [&] {
      return InputError("cannot read page " + std::to_string(frame + 1) + " of " + name_, {},
                        "the file is damaged");
    };
    if (TIFFSetSubDirectory(file_.get(), offsets_[frame]) == 0) throw bad();
    const std::size_t line = shape_.cols * type_.bytes;
    if (TIFFScanlineSize64(file_.get()) != line) throw bad();
    std::vector<std::byte> pixels(shape_.rows * line);
    for (std::size_t r = 0; r < shape_.rows; ++r)
      if (TIFFReadScanline(file_.get(), pixels.data() + r * line, static_cast<std::uint32_t>(r), 0) < 0)
        throw bad();
    std::vector<std::byte> out(shape_.count() * size_of(dtype_));
    convert(pixels, type_, dtype_, out);
    return out;
  }

 private:
  std::string name_;
  std::unique_ptr<TIFF, Close> file_;
  std::vector<std::uint64_t> offsets_;  // of the pages' directories
  Shape shape_;
  PixelType type_;
  Dtype dtype_ = Dtype::u16;
};

}  // namespace

std::unique_ptr<FrameStore> open_tiff(const std::filesystem::path& path) {
  return std::make_unique<TiffFrames>(path);
}

}  // namespace ptero::scanfile
