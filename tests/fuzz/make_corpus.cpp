// Writes the first inputs of each target, with our own encoders: make_corpus FOLDER. What fuzzing adds to
// them is kept beside them (doc/testing.md).
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include <ptero/codec/codec.hpp>
#include <ptero/simplon/encode.hpp>
#include <ptero/wire/events.hpp>
#include <ptero/wire/link.hpp>
#include <ptero/wire/selection.hpp>
#include <ptero/wire/stream.hpp>

#include "targets.hpp"

namespace ptero::fuzz {
namespace {

using Input = std::vector<std::uint8_t>;

class Writer {
 public:
  explicit Writer(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
  }
  void write(const std::string& name, Input head, ByteSpan rest) const {
    std::ofstream out(folder_ / name, std::ios::binary);
    out.write(reinterpret_cast<const char*>(head.data()), static_cast<std::streamsize>(head.size()));
    out.write(reinterpret_cast<const char*>(rest.data()), static_cast<std::streamsize>(rest.size()));
  }
  void write(const std::string& name, Input head, const Bytes& rest) const {
    write(name, std::move(head), rest.span());
  }
  void write(const std::string& name, Input head, const Parts& rest) const {
    const auto joined = join(rest);
    write(name, std::move(head), std::as_bytes(std::span(joined)));
  }

 private:
  std::filesystem::path folder_;
};

std::vector<std::byte> counts(std::size_t bytes) {
  std::mt19937 random(1);
  std::vector<std::byte> out(bytes);
  for (auto& b : out) b = random() % 5 == 0 ? static_cast<std::byte>(random() % 20) : std::byte{0};
  return out;
}

void codec_inputs(const Writer& writer) {
  constexpr std::uint8_t rows = 9, cols = 15;  // no multiple of eight pixels
  for (std::uint8_t codec = 0; codec < 3; ++codec)
    for (std::uint8_t type = 0; type < 4; ++type) {
      const std::size_t element = type == 0 ? 1 : type == 1 ? 2 : 4;
      const Codec used = codec == 0 ? Codec::lz4 : codec == 1 ? Codec::bslz4 : Codec::none;
      const auto payload = codec::encode(used, counts(rows * cols * element), element, 64);
      writer.write(std::string(name_of(used)) + "-" + std::to_string(type),
                   {static_cast<std::uint8_t>(codec + 3 * type), rows, 0, cols, 0}, payload);
    }
}

Frame frame() {
  Frame frame{.id = 7, .shape = {3, 4}, .dtype = Dtype::u16, .payload = Bytes::take(counts(24))};
  frame.t_start_ns = -1;
  frame.t_stop_ns = 1'000'000;
  frame.position = Position{1e-6, -2e-6};
  frame.monitor = 1234.5;
  return frame;
}

SeriesInfo start() {
  SeriesInfo info{.id = 3, .uid = "scan-3", .n_expected = 12, .frame_shape = {3, 4}, .dtype = Dtype::u16};
  info.wavelength_m = 1.4e-10;
  info.distance_m = 1.92;
  info.detector_pixel_m = 75e-6;
  info.centre_row = 1.5;
  info.centre_col = 2;
  info.raster = RasterPlan{3, 4, 1e-7, 2e-7, ScanOrder::snake};
  info.mask.assign(12, 0);
  return info;
}

void messagepack_inputs(const Writer& writer) {
  writer.write("start", {0}, wire::encode(start()));
  writer.write("frame", {0}, wire::encode(wire::StreamFrame{3, frame()}));
  writer.write("end", {0}, wire::encode(wire::StreamEnd{3, 12}));
  writer.write(
      "received", {1},
      wire::encode(wire::Received{.t_arrival_ns = 5, .fault = wire::StreamFault{FrameFault::too_large, 9}}));
  writer.write("hello", {2},
               wire::encode(wire::LinkMessage(wire::Hello{"c", 1, "scan-3", 4, 64, 2, {1, 2}})));
  writer.write("credit", {2}, wire::encode(wire::LinkMessage(wire::Credit{1, 32})));
  writer.write("want", {2}, wire::encode(wire::LinkMessage(wire::Want{1, "scan-3", 5, {1, 9}})));
  writer.write("deliver", {2}, wire::encode(wire::LinkMessage(wire::Deliver{1})));
  writer.write("entry", {2}, wire::encode(wire::LinkMessage(wire::EntryHeader{1, 8, 0})));
  writer.write("keepalive", {2}, wire::encode(wire::LinkMessage(wire::Keepalive{1})));
  writer.write("refused", {2}, wire::encode(wire::LinkMessage(wire::Refused{1, "no such series"})));
  writer.write("labels", {3}, wire::encode(wire::Labels{"scan-3", 2, true, {1, 2}, {3}, {4}, {5}}));
  writer.write("revision", {4}, wire::encode(wire::RevisionNote{"scan-3", 2, false, {1}, {2, 3}, "00ff"}));
  writer.write("ledger", {5}, wire::encode(wire::LedgerEvent{"scan-3", {{"pending", 3}}, true}));
  writer.write("roi", {6}, wire::encode(wire::RoiEvent{"scan-3", 1, 10, 4, 0.5, 2.5}));
  writer.write("snapshot", {7}, wire::encode(wire::SnapshotEvent{"scan-3", 9, 8, 5, 0.01, 20, {4, 4}, 1e-8}));
  writer.write("probe", {7}, wire::encode(wire::ProbeEvent{"scan-3", 5, 2, {4, 4}, 1e-8}));
  writer.write("report", {8}, wire::encode(wire::ReportEvent{"scan-3", "{}"}));
  writer.write("advice", {9},
               wire::encode(wire::AdviceEvent{.series_uid = "scan-3",
                                              .standing = "proposed",
                                              .id = 4,
                                              .skip = {3, 9},
                                              .region = {{{0, 0}, {1, 0}, {1, 1}}},
                                              .points = {{1e-6, 2e-6}}}));
}

void simplon_inputs(const Writer& one, const Writer& two) {
  one.write("start", {}, simplon::encode_start_v1(start()));
  one.write("end", {}, simplon::encode_end_v1(3));
  two.write("start", {}, simplon::encode_start_v2(start()).at(0));
  two.write("end", {}, simplon::encode_end_v2(3, "scan-3").at(0));
  for (const Codec codec : {Codec::none, Codec::lz4, Codec::bslz4})
    for (const Dtype dtype : {Dtype::u8, Dtype::u16, Dtype::u32}) {
      Frame image{.id = 7, .shape = {8, 8}, .dtype = dtype, .codec = codec};
      image.payload = Bytes::take(codec::encode(codec, counts(image.decoded_bytes()), size_of(dtype)));
      const std::string name = "image-" + std::string(name_of(codec)) + "-" + std::to_string(size_of(dtype));
      one.write(name, {}, simplon::encode_image_v1(3, image));
      two.write(name, {}, simplon::encode_image_v2(3, "scan-3", image).at(0));
    }
}

void positions_inputs(const Writer& writer) {
  const auto text = [&](const std::string& name, std::uint8_t parser, const std::string& bytes) {
    writer.write(name, {parser}, std::as_bytes(std::span(bytes)));
  };
  const std::string fields =
      "<fields>\n<field name=\"X\" type=\"double\" capture=\"Value\" scale=\"0.5\" offset=\"1\" units=\"mm\" "
      "/>\n"
      "<field name=\"Y\" type=\"int32\" capture=\"Value\" scale=\"1\" offset=\"0\" units=\"\" "
      "/>\n</fields>\n";
  const auto xml = [&](const std::string& data) {
    return "OK\n<header>\n<data arm_time=\"2024-01-01T00:00:00Z\" missed=\"0\" " + data + " />\n" + fields +
           "</header>\n\n";
  };
  const std::string sample("\0\0\0\0\0\0\xf0\x3f\x02\0\0\0", 12);
  const std::string block = std::string("BIN \x14\0\0\0", 8) + sample;
  for (const std::string process : {"Scaled", "Unscaled", "Raw"})
    text("framed-" + process, 0,
         xml("process=\"" + process + "\" format=\"Framed\" sample_bytes=\"12\"") + block + "END 1 Ok\n");
  text("base64", 4,
       xml("process=\"Scaled\" format=\"Base64\" sample_bytes=\"12\"") + " AAAAAAAA8D8CAAAA\nEND 1 Ok\n");
  text("ascii", 8,
       "OK\narm_time: 2023-12-19T07:51:12.754Z\nmissed: 0\nprocess: Scaled\nformat: ASCII\nfields:\n"
       " X double Value scale: 1 offset: 0 units: \n Y double Value scale: 1 offset: 0 units: mm\n\n"
       " 1 2\n 3.5 -4e-3\nEND 2 Disarmed\n");
  text("panda-start", 1, R"({"msg_type":"start","arm_time":"2025-02-28T18:44:22.9Z"})");
  text("panda-data", 1,
       R"({"msg_type":"data","frame_number":1,"datasets":{)"
       R"("/X.Value":{"dtype":"float64","size":2,"starting_sample_number":41,"data":[1.5,NaN]},)"
       R"("/Y.Value":{"dtype":"float64","size":2,"starting_sample_number":41,"data":[3,4]}}})");
  text("panda-stop", 1, R"({"msg_type":"stop","emitted_frames":4})");
  text("maxiv-start", 2, R"({"message_type":"series-start","message_id":1})");
  text("maxiv-data", 2, R"({"message_type":"data","frame_number":5,"X":[1,2],"Y":[3,4]})");
  text("maxiv-end", 2, R"({"message_type":"series-end"})");
  text("table", 3, "# x, y\n1e-6, 2e-6\nnan, 3\n");
}

}  // namespace
}  // namespace ptero::fuzz

int main(int argc, char** argv) {
  using namespace ptero::fuzz;
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  codec_inputs(Writer(folder / "codec"));
  messagepack_inputs(Writer(folder / "messagepack"));
  simplon_inputs(Writer(folder / "simplon1"), Writer(folder / "simplon2"));
  positions_inputs(Writer(folder / "positions"));
}
