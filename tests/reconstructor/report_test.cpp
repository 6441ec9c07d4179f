#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include <earlier_series.hpp>

#include <ptero/core/error.hpp>
#include <ptero/scan/reconstruction_outputs.hpp>
#include <ptero/services/reconstructor/reconstructor.hpp>

#include "support/scratch.hpp"

namespace ptero::reconstructor {
namespace {

using test::message_of;
using test::Scratch;

scan::Finished finished() {
  scan::Finished out{.info = {.uid = "a"}};
  out.snapshot.object = Image<ptycho::Complex>({16, 16}, 1);
  out.snapshot.coverage = Image<float>({16, 16}, 1);
  out.snapshot.probe = Image<ptycho::Complex>({8, 8}, 1);
  out.snapshot.modes = {out.snapshot.probe};
  out.snapshot.pixel_m = 1e-8;
  out.snapshot.errors = {0.5};
  return out;
}

TEST(ReconstructionReport, ATruthThatIsGoneIsANoteNotAFailure) {
  scan::SolverOptions options;
  options.truth = "/nonexistent.h5";
  auto ended = finished();
  scan::compare_with_truth(options, ended.snapshot, ended.quality);
  const auto report = nlohmann::json::parse(scan::reconstruction_report(options, ended))["reconstruction"];
  EXPECT_TRUE(report["ssim_truth"].is_null());
  EXPECT_NE(report["truth_problem"].get<std::string>().find("/nonexistent.h5"), std::string::npos);
}

TEST(ReconstructionReport, ATruthElsewhereIsANoteToo) {
  Scratch scratch;
  auto away = finished();
  scan::write_reconstruction(scratch / "", away);
  scan::SolverOptions options;
  options.truth = (scratch / "product.h5").string();
  away.snapshot.centre = {1, 1};
  scan::compare_with_truth(options, away.snapshot, away.quality);
  const auto report = nlohmann::json::parse(scan::reconstruction_report(options, away))["reconstruction"];
  EXPECT_NE(report["truth_problem"].get<std::string>().find("no area in common"), std::string::npos);
}

TEST(ReconstructionReport, BytesThatAreNotUtf8AreReplaced) {
  scan::SolverOptions options;
  options.probe = "\xff.h5:probe";
  const auto report = nlohmann::json::parse(scan::reconstruction_report(options, finished()));
  EXPECT_EQ(report["options"]["reconstruction"]["probe"], "\xEF\xBF\xBD.h5:probe");
}

TEST(ProductRecords, AreFoundAgainWithTheSameOptionsAlone) {
  Scratch scratch;
  scan::SolverOptions options;
  auto done = finished();
  done.snapshot.patterns = {{.id = 4}, {.id = 9}};
  scan::write_reconstruction(scratch / "a", done);
  EXPECT_FALSE(earlier_series(scratch / "", options)) << "a product without its numbers is not finished";
  const ProductRecord record{"a",    42, 7, "f00d", product_options(options), R"({"reconstruction":{}})",
                             {7, 12}};
  done.record = record.to_text();
  scan::write_product_of(scratch / "a", done);
  const auto found = earlier_series(scratch / "", options);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->file, scratch / "a/product.h5");
  EXPECT_EQ(found->series_uid, "a");
  EXPECT_EQ(found->started_ns, 42);
  EXPECT_EQ(found->revision, 7u);
  EXPECT_EQ(found->holds, (std::vector<FrameId>{4, 7, 9, 12})) << "refused frames were of the set, too";
  EXPECT_EQ(found->finished->set_hash, "f00d");
  EXPECT_EQ(found->finished->report, record.report);
  options.epochs = 41;
  EXPECT_FALSE(earlier_series(scratch / "", options));
  EXPECT_FALSE(ProductRecord::from_text("{}"));
  EXPECT_FALSE(ProductRecord::from_text(""));
}

TEST(Files, OfProbeAndTruthAreOpenedBeforeAnythingStarts) {
  const auto refusal = [&](const std::string& probe, const std::string& truth) {
    transport::Context context;
    ReconstructorOptions options;
    options.selection_link = "inproc://selection";
    options.events = "inproc://events";
    options.solver.probe = probe;
    options.solver.truth = truth;
    return message_of<InputError>([&] { Reconstructor(context, options); });
  };
  EXPECT_EQ(refusal("", ""), "");
  EXPECT_NE(refusal("/no/probe.h5", "").find("/no/probe.h5"), std::string::npos);
  EXPECT_NE(refusal("/no/file.h5:probe", "").find("/no/file.h5"), std::string::npos);
  EXPECT_NE(refusal("", "/no/truth.h5").find("/no/truth.h5"), std::string::npos);
}

}  // namespace
}  // namespace ptero::reconstructor
