#include "series_session.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include <ptero/services/classifier/roi_outputs.hpp>

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
    for (const auto* list :
         {&labels.selected, &labels.background, &labels.excluded, &labels.marked, &labels.corrupt}) {
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
  const auto ids = arrivals();
  const auto run = [&](std::vector<std::size_t> kills) {
    std::size_t next = 0;  // frame i is entry i + 1 of the frame link
    for (;;) {
      auto session = make(pool);
      const auto resume_at = session.restore();
      if (resume_at) next = *resume_at - 1;
      const auto selection = std::make_shared<Selection>("s", test::parts_of({"start"}), 1 << 20);
      session.tell(selection);
      const std::size_t end = kills.empty() ? ids.size() : kills.back();
      if (!kills.empty()) kills.pop_back();
      EXPECT_TRUE(next <= end);
      for (; next < end; ++next) {
        session.take(next + 1, {}, {1, pattern(ids[next])}, {});
        if (session.batch_full()) session.flush();
      }
      if (end < ids.size()) {
        next = 0;  // killed: the batch is lost, and so is whoever knew where it was
        continue;
      }
      auto said = finish(session, *selection);
      session.log().remove();
      return said;
    }
  };
  const Said whole = run({});
  // Before the centre is found, in the middle, right behind a damaged payload.
  for (const std::vector<std::size_t>& kills :
       {std::vector<std::size_t>{20}, {300, 200, 55, 10}, {400, 399, 398}, {60, 51, 50, 49}}) {
    const Said broken = run(kills);
    EXPECT_EQ(broken.hash, whole.hash);
    EXPECT_EQ(broken.changes.back(), whole.changes.back());
    auto a = broken.all, b = whole.all;
    std::sort(a.corrupt.begin(), a.corrupt.end());
    std::sort(b.corrupt.begin(), b.corrupt.end());
    EXPECT_EQ(wire::encode(a), wire::encode(b));
  }
}

// A person changes the region now and then; the wishes are logged in their places.
TEST_P(Sessions, KeepTheChangesOfTheRegionThroughAKill) {
  if (std::get<1>(GetParam())) return;  // with everything selected there is no region
  FeaturePool pool(1);
  const auto ids = arrivals();
  const std::map<std::size_t, roi::RegionShape> wishes = {
      {30, {1, roi::FillIn::off}}, {150, {2, roi::FillIn::on}}, {330, {-1, roi::FillIn::off}}};
  const auto run = [&](std::vector<std::size_t> kills) {
    std::size_t next = 0;
    for (;;) {
      auto session = make(pool);
      const auto resume_at = session.restore();
      next = resume_at ? *resume_at - 1 : 0;
      const auto selection = std::make_shared<Selection>("s", test::parts_of({"start"}), 1 << 20);
      session.tell(selection);
      const std::size_t end = kills.empty() ? ids.size() : kills.back();
      if (!kills.empty()) kills.pop_back();
      for (; next < end; ++next) {
        // Said once: after a restart it has to come out of the log.
        if (const auto wish = wishes.find(next); wish != wishes.end() && !(session.shape() == wish->second))
          session.reshape(wish->second);
        session.take(next + 1, {}, {1, pattern(ids[next])}, {});
        session.flush();
      }
      if (end < ids.size()) continue;
      EXPECT_EQ(session.shape(), wishes.at(330));
      EXPECT_TRUE(session.reshaped());
      auto said = finish(session, *selection);
      EXPECT_EQ(session.shape_in_force(), wishes.at(330));
      session.log().remove();
      return said;
    }
  };
  const Said whole = run({});
  const Said broken = run({400, 331, 200, 151});
  EXPECT_EQ(broken.hash, whole.hash);
  EXPECT_EQ(broken.changes.back(), whole.changes.back());
  EXPECT_EQ(wire::encode(broken.all), wire::encode(whole.all));
}

// A person marks frames bad that have come, that come and that will come, and takes some back.
TEST_P(Sessions, KeepTheFramesThatAPersonMarkedThroughAKill) {
  FeaturePool pool(1);
  const auto ids = arrivals();
  const std::multimap<std::size_t, roi::Mark> words = {{40, {10, 20}},         {150, {200, 260}},
                                                       {150, {12, 14, false}}, {220, {230, 240, false}},
                                                       {330, {290, 305}},      {460, {0, 3}}};
  const auto run = [&](std::vector<std::size_t> kills) {
    std::size_t next = 0;
    std::set<std::size_t> said;
    for (;;) {
      auto session = make(pool);
      const auto resume_at = session.restore();
      next = resume_at ? *resume_at - 1 : 0;
      const auto selection = std::make_shared<Selection>("s", test::parts_of({"start"}), 1 << 20);
      session.tell(selection);
      const std::size_t end = kills.empty() ? ids.size() : kills.back();
      if (!kills.empty()) kills.pop_back();
      for (; next < end; ++next) {
        // Said once: after a restart it has to come out of the log.
        if (said.insert(next).second)
          for (auto [word, last] = words.equal_range(next); word != last; ++word) session.mark(word->second);
        session.take(next + 1, {}, {1, pattern(ids[next])}, {});
        session.flush();
      }
      if (end < ids.size()) continue;
      auto told = finish(session, *selection);
      EXPECT_EQ(session.bad().ranges(),
                (std::map<FrameId, FrameId>{{0, 3}, {10, 11}, {15, 20}, {200, 229}, {241, 260}, {290, 305}}));
      // The set is the batch answer without them.
      const auto batch =
          std::get<1>(GetParam())
              ? select_everything(session.table(), layout_of(series()), session.bad())
              : roi::classify(session.table(), layout_of(series()), options().method.roi, session.bad());
      EXPECT_EQ(told.hash, batch.set_hash);
      EXPECT_EQ(told.all.marked.size(), batch.count(roi::Label::bad));
      EXPECT_GT(told.all.marked.size(), 60u);
      EXPECT_EQ(selection->set().first.size(), session.set().size());
      for (FrameId id : selection->set().first) EXPECT_FALSE(session.bad().contains(id));
      session.log().remove();
      return told;
    }
  };
  const Said whole = run({});
  const Said broken = run({470, 400, 331, 221, 200, 151, 41});
  EXPECT_EQ(broken.hash, whole.hash);
  EXPECT_EQ(broken.changes.back(), whole.changes.back());
  EXPECT_EQ(wire::encode(broken.all), wire::encode(whole.all));
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
