#include <gtest/gtest.h>

#include <fstream>

#include <checkpoint_keeper.hpp>
#include <earlier_series.hpp>
#include <series_job.hpp>

#include <ptero/core/error.hpp>

#include "reconstructor/small_series.hpp"
#include "support/scratch.hpp"

namespace ptero::reconstructor {
namespace {

using test::message_of;
using test::Scratch;

class Checkpoints : public testing::Test {
 protected:
  Checkpoints() {
    options_.epochs = 40;
    options_.engine.threads = 1;
    options_.engine.modes.count = 2;
    options_.engine.positions.refine = true;
  }
  CheckpointOwner owner(const std::string& uid = "small") const {
    return {uid,
            42,
            {Bytes::take("received " + uid), Bytes::take(std::string("start"))},
            checkpoint_options(options_)};
  }
  std::filesystem::path path() const { return scratch_ / checkpoint_name; }
  static wire::RevisionNote added(FrameId from, FrameId to) {
    wire::RevisionNote note{.series_uid = "small", .revision = 3};
    for (FrameId id = from; id < to; ++id) note.added.push_back(id);
    return note;
  }
  void take(SeriesJob& job, FrameId from, FrameId to) {
    for (FrameId id = from; id < to; ++id) ASSERT_EQ(job.take(series_.frame(id), 100), std::nullopt);
  }
  WorkerCheckpoint after(std::size_t epochs) {
    SeriesJob job(series_.info(), options_, 1);
    job.revise(added(0, 30));
    take(job, 0, 30);
    while (job.epochs() < epochs) job.run();
    return *job.checkpoint();
  }
  std::string refusal(const CheckpointOwner& by) const {
    return message_of<Error>([&] { (void)read_checkpoint(path(), by); });
  }

  scan::SolverOptions options_;
  Scratch scratch_;
  synth::Simulator series_ = small_series();
};

TEST_F(Checkpoints, ComeBackAsTheyWere) {
  auto saved = after(3);
  saved.state.momentum = {{saved.state.slices[0], saved.state.slices[0], {saved.state.slices[0]}}};
  saved.epochs_at_final = 2;
  write_checkpoint(path(), owner(), saved);
  const auto back = read_checkpoint(path(), owner());
  EXPECT_EQ(back.revision, 3u);
  EXPECT_EQ(back.epochs_at_final, 2u);
  EXPECT_EQ(back.patterns_run, saved.patterns_run);
  EXPECT_EQ(back.state.epochs, 3u);
  EXPECT_EQ(back.state.errors, saved.state.errors);
  EXPECT_EQ(back.state.beta, saved.state.beta);
  const auto same = [](const auto& a, const auto& b) {
    return a.shape() == b.shape() && std::equal(a.pixels().begin(), a.pixels().end(), b.pixels().begin());
  };
  EXPECT_TRUE(same(back.state.slices.at(0), saved.state.slices[0]));
  ASSERT_EQ(back.state.probes.size(), 2u);
  EXPECT_TRUE(same(back.state.probes[1], saved.state.probes[1]));
  EXPECT_TRUE(same(back.state.momentum.at(0).updates.at(0), saved.state.slices[0]));
  ASSERT_EQ(back.state.frames.size(), 30u);
  for (std::size_t i = 0; i < 30; ++i) {
    EXPECT_EQ(back.state.frames[i].id, saved.state.frames[i].id);
    EXPECT_EQ(back.state.frames[i].position.x_m, saved.state.frames[i].position.x_m);
    EXPECT_EQ(back.state.frames[i].visits, saved.state.frames[i].visits);
    EXPECT_GE(back.state.frames[i].visits, 3u);
  }
  EXPECT_FALSE(std::filesystem::exists(path().string() + ".tmp"));
}

TEST_F(Checkpoints, OfAnotherSeriesOrOtherOptionsAreRefused) {
  write_checkpoint(path(), owner(), after(1));
  EXPECT_EQ(refusal(owner()), "");
  EXPECT_NE(refusal(owner("other")).find("another series"), std::string::npos);
  auto later = owner();
  later.start[0] = Bytes::take(std::string("received later"));
  EXPECT_NE(refusal(later).find("another series"), std::string::npos);
  options_.defocus_m = 1e-3;
  EXPECT_NE(refusal(owner()).find("other options"), std::string::npos);
  options_.defocus_m = 0;
  options_.near_field = true;
  EXPECT_NE(refusal(owner()).find("other options"), std::string::npos);
  options_.near_field = false;
  options_.epochs = 1;  // where it ends has no say in how it goes
  EXPECT_EQ(refusal(owner()), "");
}

TEST_F(Checkpoints, DamageAnywhereIsFound) {
  write_checkpoint(path(), owner(), after(1));
  const auto size = std::filesystem::file_size(path());
  for (int part = 0; part < 16; ++part) {
    const auto at = static_cast<std::streamoff>(size * part / 16 + 5);
    std::fstream file(path(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(at);
    const char was = static_cast<char>(file.get());
    file.seekp(at);
    file.put(static_cast<char>(was ^ 0x10));
    file.close();
    EXPECT_NE(refusal(owner()), "") << "byte " << at;
    std::fstream(path(), std::ios::binary | std::ios::in | std::ios::out).seekp(at).put(was);
  }
  EXPECT_EQ(refusal(owner()), "");
  for (const std::size_t cut : {size - 1, size / 2, std::size_t{3}}) {
    std::filesystem::resize_file(path(), cut);
    EXPECT_NE(refusal(owner()), "") << cut << " bytes";
  }
}

TEST_F(Checkpoints, ThatAreOfNoUseAreThrownAway) {
  std::ofstream(path()) << "no checkpoint at all";
  CheckpointKeeper keeper(scratch_ / "", owner());
  EXPECT_FALSE(keeper.earlier());
  EXPECT_FALSE(std::filesystem::exists(path()));
  keeper.write(after(1));
  keeper.remove();
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(Checkpoints, TheNewestIsFoundBesideItsProduct) {
  EXPECT_FALSE(earlier_series(scratch_ / "", options_));
  EXPECT_FALSE(earlier_series("/nonexistent", options_));
  write_checkpoint(scratch_ / "old" / checkpoint_name, owner("old"), after(1));
  write_checkpoint(scratch_ / "new" / checkpoint_name, owner("new"), after(1));
  std::filesystem::last_write_time(scratch_ / "old" / checkpoint_name,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  const auto head = earlier_series(scratch_ / "", options_);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->series_uid, "new");
  EXPECT_EQ(head->started_ns, 42);
  EXPECT_EQ(head->revision, 3u);
  EXPECT_EQ(head->file, scratch_ / "new" / checkpoint_name);
  EXPECT_FALSE(head->finished);
}

TEST_F(Checkpoints, AResumedJobGoesOnWhereItWasAndNotBeforeItsFramesAreBack) {
  const auto saved = after(12);
  SeriesJob job(series_.info(), options_, 1);
  job.resume(saved);
  // Frame 4 was taken back meanwhile, and new ones are announced.
  auto note = added(0, 30);
  note.added.erase(note.added.begin() + 4);
  job.revise(note);
  take(job, 0, 4);
  take(job, 5, 29);
  EXPECT_FALSE(job.can_run()) << "one is still to come";
  take(job, 29, 30);
  ASSERT_TRUE(job.can_run());
  EXPECT_EQ(job.epochs(), 12u);
  job.run();
  EXPECT_LT(job.last_error(), 1.5 * saved.state.errors.back());
  EXPECT_LT(job.last_error(), 0.5 * saved.state.errors.front());
  job.revise({.series_uid = "small", .revision = 4, .final = true});
  while (job.can_run()) job.run();
  EXPECT_EQ(job.finish().resumed_at, 12u);
  EXPECT_EQ(job.finish().problem, "");
}

TEST_F(Checkpoints, AJobThatWasFinalDoesOnlyTheEpochsThatAreLeft) {
  options_.epochs = 5;
  auto saved = after(12);
  saved.epochs_at_final = 10;
  SeriesJob job(series_.info(), options_, 1);
  job.resume(saved);
  job.revise(added(0, 30));
  take(job, 0, 30);
  job.revise({.series_uid = "small", .revision = 4, .final = true});
  while (job.can_run()) job.run();
  EXPECT_EQ(job.epochs(), 15u);
}

TEST_F(Checkpoints, AJobThatDidNothingLeavesNone) {
  SeriesJob job(series_.info(), options_, 1);
  EXPECT_FALSE(job.checkpoint());
}

}  // namespace
}  // namespace ptero::reconstructor
