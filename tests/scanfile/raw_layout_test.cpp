#include <gtest/gtest.h>

#include <ptero/codec/codec.hpp>
#include <ptero/core/error.hpp>
#include <ptero/scanfile/raw_writer.hpp>

#include "support/python.hpp"
#include "support/scratch.hpp"

namespace ptero::scanfile {
using namespace ptero::test;
namespace {

/// What the layout checker says of a file; empty when it holds.
std::string faults_of(const std::filesystem::path& path) {
  FILE* pipe = popen((std::string(PTERO_LAYOUT_CHECKER) + " '" + path.string() + "' 2>&1").c_str(), "r");
  std::string out;
  std::array<char, 4096> buffer;
  while (std::size_t n = fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), n);
  pclose(pipe);
  return out;
}

std::vector<std::uint16_t> pixels(Shape shape, FrameId id) {
  std::vector<std::uint16_t> out(shape.count());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint16_t>(i * (i + 3 * id) % 311);
  return out;
}

class RawLayout : public testing::Test {
 protected:
  void SetUp() override { SKIP_WITHOUT_H5PY(); }
  static SeriesInfo info(Shape shape) {
    SeriesInfo series{.id = 7, .uid = "uid-7", .n_expected = 3, .frame_shape = shape};
    series.wavelength_m = 1e-10;
    series.distance_m = 2;
    series.detector_pixel_m = 75e-6;
    series.mask.assign(shape.count(), 0);
    series.mask[5] = 1;
    return series;
  }
  Scratch scratch;
  const std::filesystem::path path = scratch / "raw.h5";
};

TEST_F(RawLayout, IsNXcxiPtychoWhileItGrowsAndSealed) {
  const Shape shape{4, 6};
  RawWriter writer(path, {.series = info(shape), .title = "a test"});
  writer.flush();
  EXPECT_EQ(faults_of(path), "");
  for (FrameId id : {0, 2}) {
    Frame frame{.id = id, .shape = shape, .payload = Bytes::take(pixels(shape, id))};
    frame.position = Position{1e-6, 2e-6};
    EXPECT_FALSE(writer.write(frame, 1));
  }
  writer.flush();
  EXPECT_EQ(faults_of(path), "");
  writer.seal({}, 0);
  EXPECT_EQ(faults_of(path), "");
  EXPECT_EQ(run_python("e = h5py.File(f, 'r')['entry_1']\n"
                       "print('%.6g' % e['instrument_1/source_1/energy'][()], "
                       "e['instrument_1/detector_1/mask'][0].tolist())",
                       path.string()),
            "1.98645e-15 [0, 0, 0, 0, 0, 1]\n");
}

TEST_F(RawLayout, TheCheckerFindsWhatIsMissing) {
  RawWriter(path, {.series = info({4, 6})}).seal({}, 0);
  ASSERT_EQ(run_python("h = h5py.File(f, 'r+'); e = h['entry_1']\n"
                       "del e['instrument_1/beam_1/energy'], e['data/x'], h.attrs['file_time']\n"
                       "e['instrument_1/detector_1/distance'].attrs['units'] = 'mm'\n"
                       "e['data_1'].attrs['NX_class'] = 'NXdata'\n"
                       "e['instrument_1/detector_1/data'].attrs['target'] = '/elsewhere'",
                       path.string()),
            "");
  const std::string said = faults_of(path);
  for (const char* fault :
       {"the root has no attribute file_time", "there is no number entry_1/instrument_1/beam_1/energy",
        "there is no dataset entry_1/data/x", "distance has the units 'mm', not 'm'",
        "entry_1/data_1 is not of NX_class NXcollection", "does not say its own path in @target"})
    EXPECT_NE(said.find(fault), std::string::npos) << fault << "\n" << said;
  EXPECT_NE(faults_of(scratch / "none.h5").find("cannot open"), std::string::npos);
}

TEST_F(RawLayout, KeepsTheTextsOfTheRun) {
  SeriesInfo series = info({2, 3});
  series.detector.json = "{\"a\": 1}";
  series.detector.tables = {{"flat/field", Dtype::f32, {1, 2}, Bytes::take(std::vector<float>{0.5F, 1.5F})}};
  RawWriter writer(path, {.series = series, .configuration = "[ingest]\n"});
  writer.set_join_report("{\"lag\": 0}");
  EXPECT_NE(message_of<Error>([&] { writer.set_join_report(std::string(20'000, 'x')); }).find("at most"),
            std::string::npos);
  writer.seal({}, 0);
  EXPECT_EQ(
      run_python("p = h5py.File(f, 'r')['entry_1/ptero_1']\n"
                 "print([p[n][()].decode() for n in ('configuration', 'detector_header', 'join_report')], "
                 "p['detector_tables/flat_field'][()].tolist())",
                 path.string()),
      "['[ingest]\\n', '{\"a\": 1}', '{\"lag\": 0}'] [[0.5, 1.5]]\n");
}

/// Debian's filters (bitshuffle, hdf5-filter-plugin) decode what was stored without decoding.
struct PluginCase {
  Codec codec;
  const char* filter;
  bool writer_has_plugin;
};
class WithPlugins : public RawLayout, public testing::WithParamInterface<PluginCase> {};

void write_compressed(const std::filesystem::path& path, Codec codec, Dtype dtype) {
  const Shape shape{33, 130};
  SeriesInfo series{.uid = "u", .frame_shape = shape, .dtype = dtype};
  RawWriter writer(path, {.series = series, .codec = codec});
  for (FrameId id = 0; id < 3; ++id) {
    const auto values = pixels(shape, id);
    const std::vector<std::uint32_t> wide(values.begin(), values.end());
    const auto bytes =
        dtype == Dtype::u16 ? std::as_bytes(std::span(values)) : std::as_bytes(std::span(wide));
    Frame frame{.id = id, .shape = shape, .dtype = dtype, .codec = codec};
    frame.payload = Bytes::take(codec::encode(codec, bytes, size_of(dtype)));
    if (writer.write(frame, 1)) throw std::runtime_error("refused");
  }
  writer.seal({}, 0);
}

/// For a process of its own, in which HDF5 loads no plugin.
TEST(RawLayoutChild, DISABLED_WritesCompressed) {
  const std::string codec = std::getenv("PTERO_TEST_CODEC");
  write_compressed(std::getenv("PTERO_TEST_FILE"), *codec_from_name(codec), Dtype::u16);
}

TEST_P(WithPlugins, H5pyReadsTheChunksAsTheyWereReceived) {
  const PluginCase& c = GetParam();
  const std::string available =
      run_python("print(int(h5py.h5z.filter_avail(" + std::string(c.filter) + ")))", path.string());
  SKIP_WITHOUT_PYTHON(available == "1\n", "HDF5 filter of Debian's bitshuffle and hdf5-filter-plugin");
  if (c.writer_has_plugin) {
    write_compressed(path, c.codec, Dtype::u16);
  } else {
    const std::string child = "HDF5_PLUGIN_PRELOAD=:: PTERO_TEST_FILE='" + path.string() +
                              "' PTERO_TEST_CODEC=" + std::string(name_of(c.codec)) + " " +
                              std::filesystem::read_symlink("/proc/self/exe").string() +
                              " --gtest_also_run_disabled_tests --gtest_filter=RawLayoutChild.* > /dev/null";
    ASSERT_EQ(std::system(child.c_str()), 0);
  }
  const std::string check =
      "d = h5py.File(f, 'r')['entry_1/data_1/data']; i = np.arange(33 * 130)\n"
      "p = d.id.get_create_plist().get_filter(0); print(p[0], p[1],\n"
      "      all((d[n].ravel() == i * (i + 3 * n) % 311).all() for n in range(3)))";
  EXPECT_EQ(run_python(check, path.string()), std::string(c.filter) + " 1 True\n");
  if (!c.writer_has_plugin) return;
  std::filesystem::remove(path);
  write_compressed(path, c.codec, Dtype::u32);
  EXPECT_EQ(run_python(check, path.string()), std::string(c.filter) + " 1 True\n");
}

INSTANTIATE_TEST_SUITE_P(Codecs, WithPlugins,
                         testing::Values(PluginCase{Codec::bslz4, "32008", true},
                                         PluginCase{Codec::bslz4, "32008", false},
                                         PluginCase{Codec::lz4, "32004", true},
                                         PluginCase{Codec::lz4, "32004", false}));

}  // namespace
}  // namespace ptero::scanfile
