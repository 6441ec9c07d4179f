#include "series_session.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>
#include <set>

#include <ptero/scan/roi_outputs.hpp>

#include "support/scratch.hpp"

namespace ptero::classifier {
namespace {

constexpr std::size_t side = 22;

SeriesInfo series() {
  SeriesInfo info{.uid = "s", .n_expected = side * side, .frame_shape = {16, 16}, .dtype = Dtype::u16};
  info.raster = RasterPlan{.rows = side, .cols = side};
  return info;
}

/// A disc of the scan absorbs and deflects; every 97th payload is damaged.
Frame pattern(FrameId id) {
  std::mt19937 rng(unsigned(id) + 1);
  const bool inside = std::hypot(double(id / side) - 11, double(id % side) - 11) < 6;
  std::vector<std::uint16_t> pixels(256);
  for (std::size_t i = 0; i < 256; ++i)
    pixels[i] = std::uint16_t(100 + rng() % 10 - (inside ? 15 : 0) + (inside && i % 16 > 8 ? 8 : 0));
  Frame frame{.id = id, .shape = {16, 16}, .dtype = Dtype::u16, .payload = Bytes::take(std::move(pixels))};
  if (id % 97 == 50) frame.codec = Codec::bslz4;
  return frame;
}

/// In order within a window, some lost.
std::vector<FrameId> arrivals() {
  std::vector<FrameId> ids;
  std::mt19937 rng(5);
  for (FrameId id = 0; id < side * side; ++id)
    if (rng() % 40 != 0) ids.push_back(id);
  for (std::size_t i = 0; i + 8 < ids.size(); i += 8)
    std::shuffle(ids.begin() + std::ptrdiff_t(i), ids.begin() + std::ptrdiff_t(i) + 8, rng);
  return ids;
}

/// What a session says, as the bytes of its messages.
struct Said {
  std::vector<Bytes> changes;
  wire::Labels all;
  std::string hash;
};

class Sessions : public testing::TestWithParam<std::tuple<int, bool>> {
 protected:
  ClassifierOptions options() const {
    ClassifierOptions o;
    std::tie(o.method.roi.segments, o.method.select_all) = GetParam();
    o.wait = {.frames = 9, .confidence = 0.8};
    return o;
  }
  SeriesSession make(FeaturePool& pool) {
    return {series(),
            options().method,
            options().wait,
            {roi::inline_executor(), pool, latency_},
            std::make_unique<FeatureLog>(scratch_ / "roi.journal",
                                         LogOwner{"s", test::parts_of({"start"}), "{}"})};
  }
  static Said finish(SeriesSession& session, const Selection& selection) {
    Said said;
    session.finish();
    said.all = session.all_labels();
    said.hash = session.set().hash();
    for (std::size_t i = 0; i < selection.changes(); ++i)
      said.changes.push_back(wire::encode(selection.change_at(i)));
    return said;
  }

  /// Ahead of frame number `next`, counted by arrival.
  using Before = std::function<void(SeriesSession& session, std::size_t next)>;
  using AtEnd = std::function<void(SeriesSession& session, const Selection& selection, const Said& said)>;
  /// The whole series by a classifier that is killed behind each of these numbers of frames, the last of the
  /// list first, and started again.
  Said run_killed(
      FeaturePool& pool, std::vector<std::size_t> kills, const Before& before = [](auto&, auto) {},
      const AtEnd& at_end = [](auto&, auto&, auto&) {}) {
    const auto ids = arrivals();
    for (;;) {
      auto session = make(pool);
      const auto resume_at = session.restore();
      // Frame i is entry i + 1 of the frame link. A batch that was killed is lost.
      std::size_t next = resume_at ? *resume_at - 1 : 0;
      const auto selection = std::make_shared<Selection>("s", test::parts_of({"start"}), 1 << 20);
      session.tell(selection);
      const std::size_t end = kills.empty() ? ids.size() : kills.back();
      if (!kills.empty()) kills.pop_back();
      EXPECT_TRUE(next <= end);
      for (; next < end; ++next) {
        before(session, next);
        session.take(next + 1, {}, {1, pattern(ids[next])}, {});
        if (session.batch_full()) session.flush();
      }
      if (end < ids.size()) continue;
      auto said = finish(session, *selection);
      at_end(session, *selection, said);
      session.log().remove();
      return said;
    }
  }
  /// However often it was killed, the end is the same.
  static void expect_same_end(const Said& a, const Said& b) {
    EXPECT_EQ(a.hash, b.hash);
    EXPECT_EQ(a.changes.back(), b.changes.back());
    auto all_a = a.all, all_b = b.all;
    std::sort(all_a.corrupt.begin(), all_a.corrupt.end());
    std::sort(all_b.corrupt.begin(), all_b.corrupt.end());
    EXPECT_EQ(wire::encode(all_a), wire::encode(all_b));
  }

  test::Scratch scratch_;
  telemetry::LatencyRecorder latency_;
};

/// The lists of a message have no order: an id in two of them would mean whatever its reader reads last.
TEST_P(Sessions, NameAFrameOnceInAMessage) {
  FeaturePool pool(2);
  auto session = make(pool);
  session.tell(std::make_shared<Selection>("s", test::parts_of({"start"}), 1 << 20));
  std::uint64_t sequence = 1;
  const auto expect_once = [&] {
    const auto labels = session.take_labels();
    std::set<FrameId> named;
    std::size_t count = 0;
    for (const auto* list : {&labels.selected, &labels.background, &labels.excluded, &labels.marked,
                             &labels.corrupt, &labels.pending}) {
      named.insert(list->begin(), list->end());
      count += list->size();
    }
    EXPECT_EQ(named.size(), count);
    EXPECT_TRUE(labels.selected_confidence.empty() ||
                labels.selected_confidence.size() == labels.selected.size());
  };
  for (const FrameId id : arrivals()) {
    session.take(sequence++, {}, {1, pattern(id)}, {});
    if (session.batch_full()) session.flush();
    if (sequence % 30 == 0) session.mark({id, id + 8, sequence % 60 != 0});
    if (sequence % 100 == 0) expect_once();
  }
  session.finish();
  expect_once();
}

// Ingest must not go on calling a frame bad whose mark was taken back, however long no revision comes.
TEST_P(Sessions, SayAtOnceThatAMarkWasTakenBack) {
  FeaturePool pool(1);
  auto session = make(pool);
  session.tell(std::make_shared<Selection>("s", test::parts_of({"start"}), 1 << 20));
  const auto ids = arrivals();
  for (std::size_t i = 0; i < 200; ++i) {
    session.take(i + 1, {}, {1, pattern(ids[i])}, {});
    session.flush();
  }
  session.take_labels();
  const auto count = session.mark({20, 40});
  ASSERT_GT(count, 10u);
  EXPECT_EQ(session.take_labels().marked.size(), count);
  session.mark({20, 30, false});
  const auto labels = session.take_labels();
  const auto& back = std::get<1>(GetParam()) ? labels.selected : labels.pending;
  EXPECT_TRUE(labels.marked.empty());
  EXPECT_GT(back.size(), 5u);
  for (FrameId id : back) EXPECT_TRUE(id >= 20 && id <= 30) << id;
  // An ingest that did not hear it hears it with everything else.
  const auto all = session.all_labels();
  EXPECT_EQ(all.marked.size(), count - back.size());
  const auto& all_back = std::get<1>(GetParam()) ? all.selected : all.pending;
  for (FrameId id : back) EXPECT_NE(std::find(all_back.begin(), all_back.end(), id), all_back.end()) << id;
  // Marked and taken back between two messages: nothing of the mark is left.
  session.mark({50, 60});
  session.mark({50, 60, false});
  EXPECT_TRUE(session.take_labels().marked.empty());
}

TEST_P(Sessions, SayTheSameAtAnyNumberOfThreads) {
  std::optional<Said> first;
  for (const unsigned threads : {1u, 2u, 3u, 7u}) {
    FeaturePool pool(threads);
    auto session = make(pool);
    const auto selection = std::make_shared<Selection>("s", test::parts_of({"start"}), 1 << 20);
    session.tell(selection);
    std::uint64_t sequence = 1;
    std::size_t bad = 0;
    for (const FrameId id : arrivals()) {
      session.take(sequence++, {}, {1, pattern(id)}, {});
      if (session.batch_full()) bad += session.flush();
    }
    bad += session.flush();
    EXPECT_EQ(bad, session.all_labels().corrupt.size());
    EXPECT_GT(bad, 2u);
    const Said said = finish(session, *selection);
    session.log().remove();
    if (!first) first = said;
    EXPECT_EQ(said.changes, first->changes);
    EXPECT_EQ(wire::encode(said.all), wire::encode(first->all));
    EXPECT_EQ(said.hash, first->hash);
  }
}

TEST_P(Sessions, GoOnAfterAKillAsIfNothingHadHappened) {
  FeaturePool pool(2);
  const Said whole = run_killed(pool, {});
  // Before the centre is found, in the middle, right behind a damaged payload.
  for (const std::vector<std::size_t>& kills :
       {std::vector<std::size_t>{20}, {300, 200, 55, 10}, {400, 399, 398}, {60, 51, 50, 49}})
    expect_same_end(run_killed(pool, kills), whole);
}

// A person changes the region now and then; the wishes are logged in their places.
TEST_P(Sessions, KeepTheChangesOfTheRegionThroughAKill) {
  if (std::get<1>(GetParam())) return;  // with everything selected there is no region
  FeaturePool pool(1);
  const std::map<std::size_t, roi::RegionShape> wishes = {
      {30, {1, roi::FillIn::off}}, {150, {2, roi::FillIn::on}}, {330, {-1, roi::FillIn::off}}};
  const auto run = [&](const std::vector<std::size_t>& kills) {
    return run_killed(
        pool, kills,
        [&](SeriesSession& session, std::size_t next) {
          // Said once: after a restart it has to come out of the log.
          if (const auto wish = wishes.find(next); wish != wishes.end() && !(session.shape() == wish->second))
            session.reshape(wish->second);
        },
        [&](SeriesSession& session, const Selection&, const Said&) {
          EXPECT_EQ(session.shape(), wishes.at(330));
          EXPECT_EQ(session.shape_in_force(), wishes.at(330));
          EXPECT_TRUE(session.reshaped());
        });
  };
  expect_same_end(run({400, 331, 200, 151}), run({}));
}

// A person marks frames bad that have come, that come and that will come, and takes some back.
TEST_P(Sessions, KeepTheFramesThatAPersonMarkedThroughAKill) {
  FeaturePool pool(1);
  const std::multimap<std::size_t, roi::Mark> words = {{40, {10, 20}},         {150, {200, 260}},
                                                       {150, {12, 14, false}}, {220, {230, 240, false}},
                                                       {330, {290, 305}},      {460, {0, 3}}};
  const auto expect_batch = [&](SeriesSession& session, const Selection& selection, const Said& said) {
    EXPECT_EQ(session.bad().ranges(),
              (std::map<FrameId, FrameId>{{0, 3}, {10, 11}, {15, 20}, {200, 229}, {241, 260}, {290, 305}}));
    // The set is the batch answer without them.
    const auto batch =
        std::get<1>(GetParam())
            ? scan::select_everything(session.table(), scan::layout_of(series()), session.bad())
            : roi::classify(session.table(), scan::layout_of(series()), options().method.roi, session.bad());
    EXPECT_EQ(said.hash, batch.set_hash);
    EXPECT_EQ(said.all.marked.size(), batch.count(roi::Label::bad));
    EXPECT_GT(said.all.marked.size(), 60u);
    EXPECT_TRUE(said.all.pending.empty());
    EXPECT_EQ(selection.set().first.size(), session.set().size());
    for (FrameId id : selection.set().first) EXPECT_FALSE(session.bad().contains(id));
  };
  const auto run = [&](const std::vector<std::size_t>& kills) {
    std::set<std::size_t> said;
    return run_killed(
        pool, kills,
        [&](SeriesSession& session, std::size_t next) {
          // Said once: after a restart it has to come out of the log.
          if (said.insert(next).second)
            for (auto [word, last] = words.equal_range(next); word != last; ++word)
              session.mark(word->second);
        },
        expect_batch);
  };
  expect_same_end(run({470, 400, 331, 221, 200, 151, 41}), run({}));
}

TEST_P(Sessions, RememberTheSegmentsThatWereAskedFor) {
  FeaturePool pool(1);
  {
    auto session = make(pool);
    EXPECT_FALSE(session.wanted_segments());
    session.want_segments(16);
    session.want_segments(24);
  }
  auto session = make(pool);
  session.restore();
  EXPECT_EQ(session.wanted_segments(), 24);
}

INSTANTIATE_TEST_SUITE_P(Options, Sessions,
                         testing::Combine(testing::Values(1, 8), testing::Values(false, true)));

TEST(FeaturePool, DoesEveryPieceOnce) {
  for (const unsigned threads : {1u, 2u, 5u}) {
    FeaturePool pool(threads);
    for (const std::size_t count : {0u, 1u, 2u, 100u}) {
      std::vector<std::atomic<int>> done(count);
      pool.for_each(count, [&](std::size_t i) { ++done[i]; });
      for (const auto& times : done) EXPECT_EQ(times, 1);
    }
    EXPECT_THROW(pool.for_each(10,
                               [](std::size_t i) {
                                 if (i == 3) throw std::runtime_error("no");
                               }),
                 std::runtime_error);
  }
}

}  // namespace
}  // namespace ptero::classifier
