#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include <ptero/journal/journal.hpp>
#include <ptero/product/product.hpp>
#include <ptero/transport/socket.hpp>
#include <ptero/wire/stream.hpp>

#include "small_scan.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

using namespace std::chrono_literals;

class Commands : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (scratch_ / name).string(); }
  Ran ptero(const std::vector<std::string>& arguments) { return run("ptero", arguments, scratch_ / "log"); }

  Scratch scratch_;
};

/// A bump of phase over a little structure in amplitude.
product::Product product(double height_rad) {
  product::Product out;
  Image<std::complex<float>> object({96, 96});
  for (std::size_t r = 0; r < 96; ++r)
    for (std::size_t c = 0; c < 96; ++c) {
      const double y = (static_cast<double>(r) - 40) / 12, x = (static_cast<double>(c) - 52) / 9;
      const double phase = height_rad * std::exp(-x * x - y * y) + 0.2 * std::sin(0.4 * double(r + 2 * c));
      object(r, c) = std::polar(static_cast<float>(1 - 0.1 * std::exp(-x * x)), static_cast<float>(phase));
    }
  out.object = {object};
  out.probe = {Image<std::complex<float>>({8, 8}, 1)};
  out.object_pixel_width_m = out.object_pixel_height_m = 1e-8;
  return out;
}

/// What inspect says: everything is of the type that its name promises.
void expect_typed(const nlohmann::json& facts) {
  const std::set<std::string> texts{"kind",        "name", "dtype", "series_uid", "not_a_scan_by_itself",
                                    "options_hash"};
  const std::set<std::string> flags{"monitor", "sealed"};
  const std::set<std::string> pairs{"frame_shape", "raster", "object", "probe", "x_m", "y_m"};
  for (const auto& [key, value] : facts.items()) {
    if (key == "datasets") {
      for (const auto& [path, dataset] : value.items()) {
        EXPECT_TRUE(dataset["dtype"].is_string()) << path;
        EXPECT_TRUE(dataset["shape"].is_array()) << path;
        for (const auto& side : dataset["shape"]) EXPECT_TRUE(side.is_number_unsigned()) << path;
      }
    } else if (key == "warnings" || key == "ledger_faults") {
      for (const auto& text : value) EXPECT_TRUE(text.is_string()) << key;
    } else if (pairs.contains(key)) {
      EXPECT_TRUE(value.size() == 2 && value[0].is_number() && value[1].is_number()) << key << " " << value;
    } else if (key.starts_with("option_")) {  // as declared: numbers, choices, switches
      EXPECT_TRUE(value.is_number() || value.is_string() || value.is_boolean()) << key << " " << value;
    } else if (texts.contains(key)) {
      EXPECT_TRUE(value.is_string()) << key << " " << value;
    } else if (flags.contains(key)) {
      EXPECT_TRUE(value.is_boolean()) << key << " " << value;
    } else {
      EXPECT_TRUE(value.is_number() || value.is_null()) << key << " " << value;
    }
  }
}

TEST_F(Commands, AWrongCommandLineSaysWhatWasWrongAndWhereToLook) {
  const auto said = [&](const std::vector<std::string>& arguments) {
    const auto ran = ptero(arguments);
    EXPECT_EQ(ran.code, 2) << ran.output;
    return ran.output;
  };
  EXPECT_EQ(said({"liv"}), "ptero: there is no command 'liv'; ptero --help lists what there is\n");
  EXPECT_EQ(said({"bench", "foo"}),
            "ptero bench: there is no command 'foo'; ptero bench --help lists what there is\n");
  EXPECT_NE(said({}).find("Try it:"), std::string::npos);
  EXPECT_NE(said({"simulate", "empty", "--bind", "tcp://127.0.0.1:*", "--drop", "2"}).find("--drop"),
            std::string::npos);
  EXPECT_NE(said({"live", "--source", "native:tcp://127.0.0.1:99999", "--out", path("out")}).find("65535"),
            std::string::npos);
  EXPECT_NE(said({"live", "--slices", "2", "--out", path("out")}).find("--slice-spacing"), std::string::npos);
}

TEST_F(Commands, LiveRefusesACentreOutsideTheFrames) {
  const auto refused = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments{"live", "--out", path("out"), "--roi-only"};
    const auto scan = small_scan_arguments();
    arguments.insert(arguments.end(), scan.begin(), scan.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto ran = ptero(arguments);
    EXPECT_EQ(ran.code, 2) << ran.output;
    EXPECT_NE(ran.output.find("is outside the frames of 64 x 64 pixels"), std::string::npos) << ran.output;
    EXPECT_FALSE(std::filesystem::exists(scratch_ / "out/raw.h5"));
  };
  refused({"--centre", "500,3"});
  refused({"--centre", "3,64", "--crop", "32"});
  refused({"--centre", "3,-1", "--steering", "automatic"});
  refused({"--set", "classifier.centre=[64.0,3.0]"});
}

// A scan is taken whatever was asked: its frames would be lost, the options can be put right afterwards.
TEST_F(Commands, LiveTakesADetectorsFramesWithoutACentreOutsideThemAndFails) {
  const std::string endpoint = "ipc://" + path("socket");
  std::vector<std::string> simulate{"simulate", "nanosheets", "--rate", "0", "--bind", endpoint};
  const auto scan = small_scan_arguments();
  simulate.insert(simulate.end(), scan.begin(), scan.end());
  Program detector("ptero", simulate, scratch_ / "detector");
  const auto ran = ptero(
      {"live", "--source", "native:" + endpoint, "--centre", "500,500", "--roi-only", "--out", path("out")});
  EXPECT_EQ(ran.code, 2) << ran.output;
  EXPECT_NE(ran.output.find(
                "ptero live: the centre 500, 500 is outside the frames of 64 x 64 pixels and is not used"),
            std::string::npos)
      << ran.output;
  const auto report = nlohmann::json::parse(slurp(scratch_ / "out/report.json"));
  EXPECT_EQ(sum(report["ledger"]), 720u);
  EXPECT_GT(report["roi"]["selected"].get<int>(), 0);
}

TEST_F(Commands, TheTwoSliceSampleIsSimulatedAndReconstructed) {
  const std::vector<std::string> scan{"--scan",    "6x7", "--scan-step",        "0.2e-6",
                                      "--pattern", "64",  "--outer-zone-width", "70e-9"};
  std::vector<std::string> live{"live",     "--source", "sim:two-slice",   "--slices", "2",
                                "--epochs", "2",        "--slice-spacing", "3.2e-4",   "--defocus",
                                "355e-6",   "--out",    path("out")};
  live.insert(live.end(), scan.begin(), scan.end());
  const auto ran = ptero(live);
  ASSERT_EQ(ran.code, 0) << ran.output;
  const auto made = product::read_product(scratch_ / "out/product.h5");
  EXPECT_EQ(made.object.size(), 2u);
  EXPECT_NEAR(made.probe_energy_ev, 12000, 1e-3);

  std::vector<std::string> simulate{"simulate", "two-slice",     "--bind", "ipc://" + path("nobody"),
                                    "--truth",  path("truth.h5")};
  simulate.insert(simulate.end(), scan.begin(), scan.end());
  const Program detector("ptero", simulate, scratch_ / "detector");
  ASSERT_TRUE(eventually([&] { return detector.output().find("ptero: sending") != std::string::npos; }))
      << detector.output();
  EXPECT_NE(detector.output().find("two slices, 0.000321 m apart"), std::string::npos) << detector.output();
  const auto truth = product::read_product(scratch_ / "truth.h5");
  ASSERT_EQ(truth.object.size(), 2u);
  EXPECT_NEAR(truth.layer_spacing_m.at(0), 3.21e-4, 1e-6);
}

TEST_F(Commands, LiveSaysWhatItWaitsFor) {
  const std::string source = "native:ipc://" + path("nobody");
  Program live("ptero", {"live", "--source", source, "--out", path("out")}, scratch_ / "log");
  EXPECT_TRUE(eventually([&] {
    return live.output().find("waiting for a series from " + source) != std::string::npos;
  })) << live.output();
}

TEST_F(Commands, CompareFindsAProductIdenticalToItself) {
  product::write_product(scratch_ / "a.h5", product(1));
  product::write_product(scratch_ / "b.h5", product(1));
  const auto said = ptero({"compare", path("a.h5"), path("b.h5")});
  EXPECT_EQ(said.code, 0) << said.output;
  EXPECT_NE(said.output.find("phase 1.0000"), std::string::npos) << said.output;
  const auto json = ptero({"compare", path("a.h5"), path("b.h5"), "--json"});
  ASSERT_EQ(json.code, 0) << json.output;
  const auto report = nlohmann::json::parse(json.output);
  EXPECT_NEAR(report["ssim_phase"].get<double>(), 1, 1e-3);
  EXPECT_NEAR(report["phase_rms_rad"].get<double>(), 0, 1e-3);
  EXPECT_NEAR(report["shift_px"][0].get<double>(), 0, 0.05);
}

TEST_F(Commands, CompareTellsDifferentProductsApart) {
  product::write_product(scratch_ / "a.h5", product(1));
  product::write_product(scratch_ / "b.h5", product(0));
  const auto json = ptero({"compare", path("a.h5"), path("b.h5"), "--json"});
  ASSERT_EQ(json.code, 0) << json.output;
  EXPECT_LT(nlohmann::json::parse(json.output)["ssim_phase"].get<double>(), 0.99);
}

TEST_F(Commands, LedgerCountsARawFile) {
  auto options = live_options(path("out"));
  options.reconstructor.solver.enabled = false;
  options.send.faults = {.drop = 0.02, .seed = 4};
  const auto report = run_live(options);
  const auto json = ptero({"ledger", path("out/raw.h5"), "--json"});
  ASSERT_EQ(json.code, 0) << json.output;
  const auto proof = nlohmann::json::parse(json.output);
  EXPECT_TRUE(proof["sealed"].get<bool>());
  EXPECT_TRUE(proof["holds"].get<bool>());
  EXPECT_EQ(proof["expected"].get<int>(), 720);
  EXPECT_EQ(proof["ledger"], report["ledger"]);
  EXPECT_GT(proof["ledger"]["missing"].get<int>(), 0);
  const auto said = ptero({"ledger", path("out/raw.h5")});
  EXPECT_EQ(said.code, 0);
  EXPECT_NE(said.output.find("of 720 frames; sealed\n  the ledger holds"), std::string::npos) << said.output;
}

TEST_F(Commands, ExportWritesEachLayoutAndInspectReadsIt) {
  auto options = live_options(path("out"));
  options.reconstructor.solver.epochs = 1;
  run_live(options);
  const std::string raw = path("out/raw.h5");
  const std::tuple<const char*, const char*, const char*, const char*> layouts[] = {
      {"ptyd", "scan.ptyd", "scan.ptyd", "prepared data of ptypy"},
      {"fold_slice", "fold", "fold/data_roi0_dp.hdf5", "diffraction patterns of fold_slice or pty-chi"},
      {"ptychi", "chi", "chi_dp.hdf5", "diffraction patterns of fold_slice or pty-chi"},
      {"ptychodus", "ptychodus", "ptychodus/diffraction.h5", "diffraction patterns of ptychodus"}};
  for (const auto& [to, out, file, kind] : layouts) {
    const auto said = ptero({"export", raw, "--to", to, "--out", path(out), "--json"});
    ASSERT_EQ(said.code, 0) << said.output;
    const auto seen = ptero({"inspect", path(file), "--json"});
    ASSERT_EQ(seen.code, 0) << seen.output;
    const auto facts = nlohmann::json::parse(seen.output);
    EXPECT_EQ(facts["kind"], kind);
    EXPECT_EQ(facts["frames"], 720) << to;
    EXPECT_EQ(facts["frame_shape"], (nlohmann::json{64, 64})) << to;
    EXPECT_EQ(facts["unpositioned"], 0) << to;
    EXPECT_NEAR(facts["energy_ev"].get<double>(), 8800, 1e-3) << to;
    expect_typed(facts);
  }
  EXPECT_EQ(ptero({"export", raw, "--to", "ptyd", "--out", path("scan.ptyd")}).code, 2);
  EXPECT_EQ(ptero({"export", raw, "--to", "ptyd", "--out", path("scan.ptyd"), "--overwrite"}).code, 0);
  // The pair as a scan that can be read again, probe and all.
  EXPECT_EQ(ptero({"batch", path("chi_dp.hdf5"), "--roi-only", "--out", path("again")}).code, 0);
  EXPECT_EQ(labels_in(path("again/roi.csv")).size(), 720u);
  // Into a folder they go under the name of the file.
  EXPECT_EQ(ptero({"export", raw, "--to", "ptychi", "--frames", "0:9", "--out", path("out")}).code, 0);
  for (const char* name : {"out/raw_dp.hdf5", "out/raw_para.hdf5"})
    EXPECT_TRUE(std::filesystem::exists(scratch_ / name)) << name;
  for (const char* name : {"out/raw.h5", "out/product.h5"}) {
    const auto seen = ptero({"inspect", path(name), "--json"});
    ASSERT_EQ(seen.code, 0) << seen.output;
    expect_typed(nlohmann::json::parse(seen.output));
  }

  EXPECT_EQ(ptero({"export", raw, "--to", "tiff", "--frames", "3:5", "--out", path("pictures")}).code, 0);
  for (const char* name : {"mean-pattern.tif", "frame-3.tif", "frame-4.tif"})
    EXPECT_TRUE(std::filesystem::exists(scratch_ / "pictures" / name)) << name;
  EXPECT_EQ(ptero({"export", path("out/product.h5"), "--to", "tiff", "--out", path("object")}).code, 0);
  EXPECT_TRUE(std::filesystem::exists(scratch_ / "object/object-phase.tif"));
  EXPECT_EQ(ptero({"export", path("out/product.h5"), "--to", "csv", "--out", path("p.csv")}).code, 0);
  EXPECT_EQ(slurp(path("p.csv")).substr(0, 14), "frame,x_m,y_m\n");
  const auto refused = ptero({"export", path("out/product.h5"), "--to", "ptyd"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.output.find("is a reconstruction, and ptyd is a layout of scans"), std::string::npos);
}

TEST_F(Commands, RebuildFinishesAJournal) {
  {
    journal::JournalWriter journal(path("series.journal"), "s", journal::OpenMode::create);
    SeriesInfo info{.id = 1, .uid = "s", .n_expected = 4, .frame_shape = {2, 2}, .dtype = Dtype::u8};
    info.raster = RasterPlan{2, 2};
    const auto append = [&](const Parts& parts) {
      Parts entry{wire::encode(wire::Received{.t_arrival_ns = 5, .t_utc_ns = 1'700'000'000'000'000'000})};
      entry.insert(entry.end(), parts.begin(), parts.end());
      journal.append(entry);
    };
    append(wire::encode(info));
    append(wire::encode(wire::StreamFrame{
        1, {.id = 2, .shape = {2, 2}, .dtype = Dtype::u8, .payload = Bytes::take(std::string("abcd"))}}));
  }
  const auto journal = ptero({"ledger", path("series.journal"), "--json"});
  ASSERT_EQ(journal.code, 0) << journal.output;
  EXPECT_EQ(nlohmann::json::parse(journal.output)["ledger"]["pending"], 1);
  const auto seen = ptero({"inspect", path("series.journal"), "--json"});
  ASSERT_EQ(seen.code, 0) << seen.output;
  expect_typed(nlohmann::json::parse(seen.output));
  EXPECT_EQ(nlohmann::json::parse(seen.output)["entries"], 2);
  const auto said = ptero({"rebuild", path("series.journal")});
  EXPECT_EQ(said.code, 0) << said.output;
  const auto ledger = ptero({"ledger", path("raw.h5"), "--json"});
  EXPECT_EQ(ledger.code, 0) << ledger.output;
  EXPECT_EQ(nlohmann::json::parse(ledger.output)["ledger"], nlohmann::json::parse(journal.output)["ledger"]);
  EXPECT_EQ(ptero({"rebuild", path("series.journal")}).code, 2);
  EXPECT_EQ(ptero({"rebuild", path("raw.h5"), "--out", path("x.h5")}).code, 2);
}

class Batch : public Commands {
 protected:
  /// A recorded series to work on.
  void SetUp() override {
    auto options = live_options(path("scan"));
    options.reconstructor.solver.enabled = false;
    run_live(options);
  }
  Ran batch(std::vector<std::string> more) {
    std::vector<std::string> arguments{"batch", path("scan/raw.h5"), "--out", path("out"), "--epochs", "2",
                                       "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ptero(arguments);
  }
};

TEST_F(Batch, AWrongTruthOrProbeIsRefusedBeforeAnythingIsDone) {
  for (const char* option : {"--truth", "--probe"}) {
    const auto ran = batch({option, "/nonexistent.h5"});
    EXPECT_EQ(ran.code, 2) << ran.output;
    EXPECT_NE(ran.output.find("/nonexistent.h5"), std::string::npos) << ran.output;
    EXPECT_FALSE(std::filesystem::exists(scratch_ / "out")) << option;
  }
}

TEST_F(Batch, TakesAConfigurationFileUnderSettingsAndSwitches) {
  std::ofstream(scratch_ / "c.toml") << "[reconstructor]\nprobe_modes = 2\nepochs = 9\nlsqml_damping = 0.7\n"
                                        "[ingest]\nqueue_bytes = 1048576\n";
  const auto ran = batch({"-c", path("c.toml"), "--set", "reconstructor.lsqml_damping=0.5", "--set",
                          "reconstructor.rpie_alpha=0.2", "--refine-positions"});
  ASSERT_EQ(ran.code, 0) << ran.output;
  const auto report = nlohmann::json::parse(slurp(scratch_ / "out/report.json"));
  const auto& options = report["options"]["reconstruction"];
  EXPECT_GT(options.size(), 60U);
  EXPECT_EQ(options["probe_modes"], 2);
  EXPECT_EQ(options["epochs"], 2);  // the switch
  EXPECT_EQ(options["lsqml_damping"], 0.5);
  std::string warnings;
  for (const auto& warning : report["warnings"])
    if (warning["code"] == "option_without_effect") warnings += warning["sentence"].get<std::string>() + "\n";
  EXPECT_NE(warnings.find("rpie_alpha = 0.2 had no effect (the algorithm is not rpie)"), std::string::npos)
      << warnings;
  EXPECT_NE(warnings.find("refine_positions begins with epoch 10 and the run ended with 2"),
            std::string::npos)
      << warnings;
  for (const char* wrong : {"reconstructor.lsqml_dampin=0.5", "reconstructor.probe_modes=100"})
    EXPECT_EQ(batch({"--set", wrong}).code, 2) << wrong;
}

TEST_F(Batch, ATruthThatCannotBeComparedIsANote) {
  auto elsewhere = product(1);
  elsewhere.object_centre = {1, 1};
  product::write_product(scratch_ / "truth.h5", elsewhere);
  const auto ran = batch({"--truth", path("truth.h5")});
  EXPECT_EQ(ran.code, 0) << ran.output;
  const auto report = nlohmann::json::parse(slurp(scratch_ / "out/report.json"));
  EXPECT_TRUE(report["reconstruction"].contains("truth_problem"));
  EXPECT_TRUE(report["reconstruction"]["ssim_truth"].is_null());
}

TEST_F(Batch, AReportThatCannotBeWrittenIsAFailure) {
  std::filesystem::create_directories(scratch_ / "out/report.json");
  const auto ran = batch({"--roi-only"});
  EXPECT_EQ(ran.code, 1) << ran.output;
  EXPECT_NE(ran.output.find(path("out/report.json")), std::string::npos) << ran.output;
}

/// 50 frames of 512 x 512: all fit the sender's queue, and not the sockets' buffers.
class Simulate : public Commands {
 protected:
  static constexpr std::uint64_t frames = 50;
  Simulate() { pull_.connect(endpoint_); }

  /// A detector whose consumer takes nothing.
  Program start() {
    return Program(
        "ptero",
        {"simulate", "empty", "--scan", "5x10", "--pattern", "512", "--rate", "0", "--bind", endpoint_},
        scratch_ / "log");
  }
  /// The frame ids that come until the end message.
  std::vector<FrameId> take_all() {
    std::vector<FrameId> ids;
    while (const auto parts = pull_.receive(20s)) {
      const auto message = wire::decode_stream(*parts, 1 << 20);
      if (!message || std::holds_alternative<wire::StreamEnd>(*message)) break;
      if (const auto* frame = std::get_if<wire::StreamFrame>(&*message)) ids.push_back(frame->frame.id);
    }
    return ids;
  }

  std::string endpoint_ = "ipc://" + (scratch_ / "socket").string();
  transport::Context context_;
  transport::Socket pull_{context_, transport::SocketKind::pull, {.high_water_mark = 1}};
};

bool sent_everything(const Program& program) {
  const auto said = program.output();
  return said.find("waiting until") != std::string::npos || said.find("sent 50 frames") != std::string::npos;
}

TEST_F(Simulate, WaitsForItsConsumerAsLongAsItTakes) {
  auto program = start();
  ASSERT_TRUE(eventually([&] { return sent_everything(program); })) << program.output();
  std::this_thread::sleep_for(11s);
  EXPECT_EQ(take_all().size(), frames);
  EXPECT_EQ(program.wait(), 0) << program.output();
  EXPECT_NE(program.output().find("sent 50 frames"), std::string::npos) << program.output();
}

TEST_F(Simulate, ASignalEndsTheWaitAndSaysWhatMayBeLost) {
  auto program = start();
  ASSERT_TRUE(eventually([&] { return sent_everything(program); })) << program.output();
  program.kill(SIGINT);
  EXPECT_EQ(program.wait(), 1);
  EXPECT_NE(program.output().find("up to 50 of them may be lost"), std::string::npos) << program.output();
}

}  // namespace
}  // namespace ptero::test
