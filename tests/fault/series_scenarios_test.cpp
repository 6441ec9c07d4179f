// What becomes of a series that does not go as it should: the outcomes that doc/reliability.md states, one
// test a line. A whole ingest on real sockets, a detector that sends what the test wants.
#include <gtest/gtest.h>

#include "follower.hpp"
#include "series_scenario.hpp"

namespace ptero::test {
namespace {

using namespace std::chrono_literals;

using SeriesScenarios = SeriesScenario;

TEST_F(SeriesScenarios, NoConsumerAtTheStart) {
  start_ingest();
  begin(1, 500);
  frames(1, 0, 500);
  end(1, 500);
  ASSERT_TRUE(journalled(500));
  // The first who comes gets everything, and its labels are in the file.
  const Follower late(ingest_->frame_link());
  const auto counted = ledger("series-1", 500);
  EXPECT_EQ(counted[FrameState::selected] + counted[FrameState::unpositioned], 500u);
  EXPECT_EQ(late.seen("series-1").frames.size(), 500u);
}

TEST_F(SeriesScenarios, NoConsumerAtAll) {
  options_.label_wait_s = 0.2;
  start_ingest();
  begin(1, 500);
  frames(1, 0, 500);
  end(1, 500);
  const auto counted = ledger("series-1", 500);
  EXPECT_EQ(counted[FrameState::pending] + counted[FrameState::unpositioned], 500u);
}

TEST_F(SeriesScenarios, AConsumerThatVanishes) {
  options_.label_wait_s = 60;
  options_.ring_bytes = 4096;  // what it missed has to come from the journal
  start_ingest();
  begin(1, 2000);
  FrameId taken = 0;
  {
    const Follower vanishes(ingest_->frame_link(), "first");
    frames(1, 0, 300);
    ASSERT_TRUE(eventually([&] { return vanishes.seen("series-1").frames.size() >= 200; }));
    taken = vanishes.seen("series-1").frames.size();
  }
  frames(1, 300, 2000);
  end(1, 2000);
  ASSERT_TRUE(journalled(2000)) << "nobody waits for a consumer that is gone";
  EXPECT_TRUE(eventually([&] { return metric("ptero_ingest_link_consumers") == 0; }));
  EXPECT_GE(taken, 200u);
  const Follower second(ingest_->frame_link(), "second");
  const auto counted = ledger("series-1", 2000);
  EXPECT_EQ(counted[FrameState::selected] + counted[FrameState::unpositioned], 2000u);
  EXPECT_EQ(second.seen("series-1").frames.size(), 2000u);
}

TEST_F(SeriesScenarios, AConsumerThatIsAwayWhileTheNextSeriesStarts) {
  start_ingest();
  begin(1, 300);
  {
    const Follower dies(ingest_->frame_link());
    frames(1, 0, 200);
    ASSERT_TRUE(eventually([&] { return dies.seen("series-1").frames.size() >= 100; }));
  }
  frames(1, 200, 300);
  end(1, 300);
  begin(2, 100);
  frames(2, 0, 100);
  end(2, 100);
  ASSERT_TRUE(journalled(400));
  std::this_thread::sleep_for(1s);
  const Follower again(ingest_->frame_link());
  for (const auto& [uid, count] : {std::pair("series-1", 300u), std::pair("series-2", 100u)}) {
    const auto counted = ledger(uid, count);
    EXPECT_EQ(counted[FrameState::selected] + counted[FrameState::unpositioned], count) << uid;
    EXPECT_EQ(again.seen(uid).frames.size(), count) << uid;
  }
}

TEST_F(SeriesScenarios, ASlowJoiner) {
  // A detector that talks before anybody listens waits.
  std::jthread detector([&] {
    begin(1, 600);
    frames(1, 0, 600);
  });
  std::this_thread::sleep_for(100ms);
  start_ingest();
  ASSERT_TRUE(journalled(600));
  detector.join();
  // A consumer in the middle of a series gets it from its beginning, another one too, and each all of it.
  const Follower one(ingest_->frame_link(), "one");
  ASSERT_TRUE(eventually([&] { return one.seen("series-1").frames.size() == 600; }));
  const Follower two(ingest_->frame_link(), "two");
  ASSERT_TRUE(eventually([&] { return two.seen("series-1").frames.size() == 600; }));
  EXPECT_EQ(one.seen("series-1").doubles + two.seen("series-1").doubles, 0);
  // A late subscriber is told what is, not only what changes.
  transport::Socket events(context_, transport::SocketKind::sub);
  events.connect(ingest_->events());
  events.subscribe(std::string(wire::topic_ledger));
  EXPECT_TRUE(events.receive(10s));
  end(1, 600);
  EXPECT_EQ(ledger("series-1", 600)[FrameState::missing], 0u);
}

TEST_F(SeriesScenarios, LeftoversOfThePreviousSeries) {
  start_ingest();
  const Follower follower(ingest_->frame_link());
  begin(1, 100);
  frames(1, 0, 60);
  end(1, 60);
  begin(2, 80);
  frames(1, 60, 70);  // of the aborted one, still in the detector's buffer
  frames(2, 0, 40);
  end(1, 100);
  frames(1, 70, 75);
  frames(2, 40, 80);
  end(2, 80);
  EXPECT_EQ(ledger("series-1", 100)[FrameState::not_taken], 40u);
  const auto second = ledger("series-2", 80);
  EXPECT_EQ(second[FrameState::selected] + second[FrameState::unpositioned], 80u);
  EXPECT_EQ(metric("ptero_ingest_stray_messages_total"), 16);  // 15 frames and an end
  EXPECT_EQ(metric("ptero_ingest_incomplete_series_total"), 0);
  EXPECT_EQ(series_recorded(), 2u);
  EXPECT_EQ(follower.seen("series-2").frames.size(), 80u);
}

TEST_F(SeriesScenarios, AbortAndArmAgainWithin10ms) {
  start_ingest();
  const Follower follower(ingest_->frame_link());
  for (std::uint64_t id = 1; id <= 10; ++id) {
    begin(id, 200);
    frames(id, 0, id % 3 == 0 ? 0 : 20);
    if (id % 2 == 0) end(id, 20);  // an abort may or may not tell its end
  }
  begin(11, 200);
  frames(11, 0, 200);
  end(11, 200);
  const auto last = ledger("series-11", 200);
  EXPECT_EQ(last[FrameState::selected] + last[FrameState::unpositioned], 200u);
  EXPECT_EQ(metric("ptero_ingest_stray_messages_total"), 0);
  EXPECT_EQ(metric("ptero_ingest_incomplete_series_total"), 5);
  for (std::uint64_t id = 1; id <= 10; ++id) {
    const auto counted = ledger("series-" + std::to_string(id), 200);
    const std::uint64_t used = id % 3 == 0 ? 0 : 20;
    // Without an end nobody can say what was taken after the last frame seen; with one, it is 20.
    EXPECT_EQ(counted[FrameState::missing], id % 2 == 0 ? 20 - used : 0) << id;
    EXPECT_EQ(counted[FrameState::selected] + counted[FrameState::pending], used) << id;
  }
  EXPECT_TRUE(eventually([&] { return follower.seen("series-11").ended; }));
}

TEST_F(SeriesScenarios, AMissingStart) {
  start_ingest();
  frames(7, 0, 30);
  end(7, 30);
  begin(8, 50);
  frames(8, 0, 50);
  end(8, 50);
  const Follower follower(ingest_->frame_link());
  EXPECT_EQ(ledger("series-8", 50)[FrameState::missing], 0u);
  EXPECT_EQ(metric("ptero_ingest_stray_messages_total"), 31) << "counted, and nothing guessed";
  EXPECT_EQ(series_recorded(), 1u);
}

TEST_F(SeriesScenarios, AMissingStartWhereJoiningIsAllowed) {
  options_.mid_series_join = true;
  options_.label_wait_s = 0;
  start_ingest();
  frames(7, 10, 40);
  end(7, 40);
  ASSERT_TRUE(journalled(30));
  ASSERT_TRUE(eventually([&] { return series_recorded() == 1; }));
  const auto uid = folders_in(scratch_ / "data").front().filename().string();
  EXPECT_TRUE(uid.starts_with("series-7-joined-")) << uid;
  EXPECT_EQ(ledger(uid, 40)[FrameState::missing], 10u);
}

TEST_F(SeriesScenarios, AMissingEnd) {
  options_.stall_after_s = 0.3;
  start_ingest();
  const Follower follower(ingest_->frame_link());
  begin(1, 100);
  frames(1, 0, 90);
  ASSERT_TRUE(eventually([&] { return alarm("series_stalled") == 1; }));
  EXPECT_TRUE(std::filesystem::exists(folder("series-1") / "series.journal")) << "it stays open";
  EXPECT_FALSE(follower.seen("series-1").ended);
  begin(2, 10);
  EXPECT_TRUE(eventually([&] { return alarm("series_stalled") == 0; }));
  EXPECT_EQ(ledger("series-1", 100)[FrameState::not_taken], 10u);
  EXPECT_TRUE(follower.seen("series-1").ended) << "the next start tells its consumers";
  EXPECT_EQ(metric("ptero_ingest_incomplete_series_total"), 1);
  frames(2, 0, 10);
  end(2, 10);
  EXPECT_EQ(ledger("series-2", 10)[FrameState::missing], 0u);
}

TEST_F(SeriesScenarios, AMissingEndOfTheLast) {
  options_.label_wait_s = 0;
  start_ingest();
  begin(1, 100);
  frames(1, 0, 100);
  ASSERT_TRUE(journalled(100));
  stop();
  EXPECT_EQ(ledger("series-1", 100)[FrameState::missing], 0u);
}

TEST_F(SeriesScenarios, TwoStarts) {
  start_ingest();
  const Follower follower(ingest_->frame_link());
  begin(1, 50);
  begin(1, 50);
  frames(1, 0, 50);
  end(1, 50);
  // Said twice, it is two series: the first without a frame, the second whole under a name of its own.
  EXPECT_EQ(ledger("series-1", 50)[FrameState::not_taken], 50u);
  const auto second = ledger("series-1-2", 50);
  EXPECT_EQ(second[FrameState::selected] + second[FrameState::unpositioned], 50u);
  EXPECT_EQ(metric("ptero_ingest_incomplete_series_total"), 1);
  EXPECT_EQ(follower.seen("series-1-2").frames.size(), 50u);
}

TEST_F(SeriesScenarios, TwoHeadersOfSimplon) {
  options_.source.replace(0, 6, "simplon2");
  options_.label_wait_s = 0;
  start_ingest();
  send(simplon::encode_start_v2(series(1, 50)));
  send(simplon::encode_start_v2(series(2, 50)));
  for (FrameId id = 0; id < 50; ++id) send(simplon::encode_image_v2(2, "series-2", *any_.frame(id)));
  send(simplon::encode_end_v2(2, "series-2"));
  EXPECT_EQ(ledger("series-1", 50)[FrameState::not_taken], 50u);
  const auto second = ledger("series-2", 50);
  EXPECT_EQ(second[FrameState::pending] + second[FrameState::unpositioned], 50u);
}

}  // namespace
}  // namespace ptero::test
