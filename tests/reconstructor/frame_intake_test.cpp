#include <gtest/gtest.h>

#include <frame_intake.hpp>

namespace ptero::reconstructor {
namespace {

class Intake : public testing::Test {
 protected:
  explicit Intake(std::optional<EarlierSeries> earlier = {}) : intake_(queue_, std::move(earlier)) {}
  bool take(Parts parts) { return intake_.take({sequence_++, false, std::move(parts)}, {}); }
  bool start(const std::string& uid, std::int64_t t_ns = arrival_ns) {
    return take(received(wire::encode(SeriesInfo{.id = 1, .uid = uid, .frame_shape = {2, 2}}), t_ns));
  }
  bool frame(FrameId id) {
    Frame frame{.id = id, .shape = {2, 2}, .payload = Bytes::take(std::vector<std::uint16_t>(4, 7))};
    return take(received(wire::encode(wire::StreamFrame{1, std::move(frame)})));
  }
  bool revise(wire::RevisionNote note) { return take({wire::encode(note)}); }

  /// What went on to the solve stage: "start UID", "frame ID", "revision N".
  std::vector<std::string> items() {
    std::vector<std::string> out;
    while (auto item = queue_.try_pop()) {
      if (const auto* info = std::get_if<SeriesStart>(&*item)) out.push_back("start " + info->info.uid);
      if (const auto* frame = std::get_if<SelectedFrame>(&*item)) {
        EXPECT_EQ(frame->t_arrival_ns, arrival_ns);
        out.push_back("frame " + std::to_string(frame->frame.id));
      }
      if (const auto* done = std::get_if<AlreadyFinished>(&*item))
        out.push_back("finished " + done->series.series_uid);
      if (const auto* note = std::get_if<wire::RevisionNote>(&*item))
        out.push_back("revision " + std::to_string(note->revision));
    }
    return out;
  }

  static constexpr std::int64_t arrival_ns = 42;
  using Items = std::vector<std::string>;
  runtime::BoundedQueue<Item> queue_{100};
  FrameIntake intake_;

 private:
  static Parts received(Parts message, std::int64_t t_ns = arrival_ns) {
    message.insert(message.begin(), wire::encode(wire::Received{.t_arrival_ns = t_ns}));
    return message;
  }
  std::uint64_t sequence_ = 0;
};

TEST_F(Intake, HoldsNothingAtFirst) {
  EXPECT_EQ(intake_.resume().series_uid, "");
  EXPECT_TRUE(intake_.resume().holds.empty());
}

TEST_F(Intake, HoldsTheFramesThatCameAndWereNotTakenBack) {
  EXPECT_TRUE(start("a"));
  EXPECT_TRUE(revise({.series_uid = "a", .revision = 3, .added = {1, 2, 5}}));
  for (FrameId id : {1, 2, 5}) EXPECT_TRUE(frame(id));
  EXPECT_TRUE(revise({.series_uid = "a", .revision = 4, .removed = {2, 77}}));
  const auto hello = intake_.resume();
  EXPECT_EQ(hello.series_uid, "a");
  EXPECT_EQ(hello.revision, 4u);
  EXPECT_EQ(hello.holds, (std::vector<FrameId>{1, 5}));
  EXPECT_EQ(items(), (Items{"start a", "revision 3", "frame 1", "frame 2", "frame 5", "revision 4"}));
}

TEST_F(Intake, AFrameThatComesTwiceGoesOnOnce) {
  start("a");
  EXPECT_TRUE(frame(1));
  EXPECT_TRUE(frame(1));
  EXPECT_EQ(items(), (Items{"start a", "frame 1"}));
}

TEST_F(Intake, AFrameThatWasTakenBackMayComeAgain) {
  start("a");
  frame(1);
  revise({.series_uid = "a", .revision = 1, .removed = {1}});
  frame(1);
  EXPECT_EQ(items(), (Items{"start a", "frame 1", "revision 1", "frame 1"}));
  EXPECT_EQ(intake_.resume().holds, (std::vector<FrameId>{1}));
}

TEST_F(Intake, TheSameSeriesAgainKeepsWhatIsHeld) {
  start("a");
  frame(1);
  revise({.series_uid = "a", .revision = 2});
  EXPECT_TRUE(start("a"));
  EXPECT_EQ(items(), (Items{"start a", "frame 1", "revision 2"}));
  EXPECT_EQ(intake_.resume().holds, (std::vector<FrameId>{1}));
  EXPECT_EQ(intake_.resume().revision, 2u);
}

TEST_F(Intake, AnotherSeriesBeginsWithNothingHeld) {
  start("a");
  frame(1);
  revise({.series_uid = "a", .revision = 2});
  EXPECT_TRUE(start("b"));
  EXPECT_EQ(intake_.resume().series_uid, "b");
  EXPECT_EQ(intake_.resume().revision, 0u);
  EXPECT_TRUE(intake_.resume().holds.empty());
  frame(1);
  EXPECT_EQ(items(), (Items{"start a", "frame 1", "revision 2", "start b", "frame 1"}));
}

TEST_F(Intake, ASeriesOfTheSameNameThatBeganLaterIsAnotherSeries) {
  start("a");
  frame(1);
  EXPECT_EQ(intake_.resume().started_ns, arrival_ns);
  EXPECT_TRUE(start("a", arrival_ns + 1));
  EXPECT_TRUE(intake_.resume().holds.empty());
  EXPECT_EQ(intake_.resume().started_ns, arrival_ns + 1);
  EXPECT_EQ(items(), (Items{"start a", "frame 1", "start a"}));
}

TEST(IntakeAfterAKill, AsksForTheSeriesOfItsCheckpointAndHoldsNoPattern) {
  runtime::BoundedQueue<Item> queue(10);
  FrameIntake intake(queue, EarlierSeries{"file", "a", 42, 7, std::nullopt, {}});
  const auto hello = intake.resume();
  EXPECT_EQ(hello.series_uid, "a");
  EXPECT_EQ(hello.started_ns, 42);
  EXPECT_EQ(hello.revision, 7u);
  EXPECT_TRUE(hello.holds.empty());
  Parts start = wire::encode(SeriesInfo{.id = 1, .uid = "b", .frame_shape = {2, 2}});
  start.insert(start.begin(), wire::encode(wire::Received{.t_arrival_ns = 50}));
  ASSERT_TRUE(intake.take({0, false, start}, {}));
  EXPECT_EQ(intake.resume().series_uid, "b");
  EXPECT_EQ(intake.resume().revision, 0u);
  const auto item = queue.try_pop();
  EXPECT_EQ(std::get<SeriesStart>(*item).started_ns, 50);
  EXPECT_EQ(std::get<SeriesStart>(*item).entry, start);
}

/// A worker before this one has made the product of series a, with frames 1 and 5.
class IntakeAfterAProduct : public Intake {
 protected:
  IntakeAfterAProduct()
      : Intake(EarlierSeries{"product", "a", arrival_ns, 7, ProductRecord{.set_hash = "f00d"}, {1, 5}}) {}
  bool end(const std::string& hash) {
    return revise({.series_uid = "a", .revision = 7, .final = true, .set_hash = hash});
  }
};

TEST_F(IntakeAfterAProduct, SaysThatItHoldsItsFramesAndIsDoneWhenTheSetIsTheSame) {
  EXPECT_EQ(intake_.resume().series_uid, "a");
  EXPECT_EQ(intake_.resume().holds, (std::vector<FrameId>{1, 5}));
  start("a");
  EXPECT_EQ(intake_.resume().holds, (std::vector<FrameId>{1, 5}));
  EXPECT_EQ(items(), Items{}) << "nothing is begun";
  end("f00d");
  EXPECT_EQ(items(), Items{"finished a"});
  EXPECT_FALSE(intake_.must_say_hello());
  start("a");
  EXPECT_EQ(items(), Items{}) << "after a reconnection";
  start("b");
  EXPECT_EQ(items(), Items{"start b"});
}

class IntakeThatIsToldOtherwise : public IntakeAfterAProduct, public testing::WithParamInterface<int> {
 protected:
  void tell(int what) {
    if (what == 0) end("beef");
    if (what == 1) revise({.series_uid = "a", .revision = 8, .removed = {5}});
    if (what == 2) revise({.series_uid = "a", .revision = 8, .added = {6}});
    if (what == 3) frame(6);
  }
};

TEST_P(IntakeThatIsToldOtherwise, AsksForEverything) {
  start("a");
  tell(GetParam());
  EXPECT_TRUE(intake_.must_say_hello());
  EXPECT_FALSE(intake_.must_say_hello());
  EXPECT_TRUE(intake_.resume().holds.empty());
  EXPECT_EQ(items(), Items{});
  start("a");
  frame(1);
  EXPECT_EQ(items(), (Items{"start a", "frame 1"}));
}
INSTANTIATE_TEST_SUITE_P(Kinds, IntakeThatIsToldOtherwise, testing::Range(0, 4));

TEST_F(IntakeAfterAProduct, AnotherSeriesOfItsNameIsReconstructed) {
  start("a", arrival_ns + 1);
  frame(1);
  EXPECT_EQ(items(), (Items{"start a", "frame 1"}));
}

TEST_F(Intake, WhatItCannotReadChangesNothing) {
  start("a");
  items();
  EXPECT_FALSE(take({}));
  EXPECT_FALSE(take({Bytes::take(std::string("no MessagePack"))}));
  EXPECT_FALSE(take({Bytes::take(std::string("neither")), Bytes::take(std::string("this"))}));
  EXPECT_EQ(items(), Items{});
  EXPECT_EQ(intake_.resume().series_uid, "a");
}

}  // namespace
}  // namespace ptero::reconstructor
