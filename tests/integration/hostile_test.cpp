#include <gtest/gtest.h>

#include <cmath>
#include <regex>

#include <ptero/scanfile/inspect.hpp>

#include "hand_detector.hpp"
#include "support/http_client.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

Parts texts(std::vector<std::string> parts) {
  return parts_of(std::move(parts));
}

/// What a broken or foreign sender puts among the good frames, and what becomes of it.
struct Bad {
  Parts message;
  std::string metric;  ///< that counts it
  std::string reason;  ///< its label, where it has one
};

std::vector<Bad> bad_messages(HandDetector& detector) {
  const std::string faults = "ptero_ingest_faults_total";
  const SeriesInfo& info = detector.info();
  std::vector<Bad> bad;
  const auto add = [&](Parts message, const char* reason) {
    bad.push_back({std::move(message), faults, std::string("reason=\"") + reason + "\""});
  };
  const auto frame_like = [&](FrameId id, const std::function<void(Frame&)>& spoil) {
    Frame frame = detector.frame(id % detector.size());
    frame.id = id;
    spoil(frame);
    return wire::encode(wire::StreamFrame{info.id, std::move(frame)});
  };
  const auto same = [](Frame&) {};

  add(texts({"GET / HTTP/1.1\r\n\r\n"}), "malformed");
  add(texts({std::string(1000, '\xc1')}), "malformed");
  add(texts({""}), "malformed");
  add(texts({"a", "b", "c"}), "malformed");
  // Far above the announced number, and from a header nobody can have meant.
  for (const FrameId id : {FrameId{5000}, max_frame_id})
    bad.push_back({frame_like(id, same), "ptero_ingest_set_aside_total", "reason=\"number\""});

  Parts version = frame_like(300, same);
  std::string header(version[0].text());
  header[header.find("\xa1v\x01") + 2] = 2;
  version[0] = Bytes::take(header);
  add(version, "wrong_version");

  add(frame_like(301, [](Frame& f) { f.shape.cols /= 2; }), "size_mismatch");
  add(frame_like(302,
                 [](Frame& f) {
                   f.shape.cols /= 2;
                   f.payload = Bytes(std::make_shared<Bytes>(f.payload),
                                     f.payload.span().first(f.payload.size() / 2));
                 }),
      "wrong_shape");
  add(frame_like(303, [](Frame& f) { f.shape = {100'000, 100'000}; }), "too_large");

  bad.push_back({wire::encode(wire::StreamFrame{info.id + 1, detector.frame(304)}),
                 "ptero_ingest_stray_messages_total", ""});
  bad.push_back({wire::encode(wire::StreamEnd{info.id + 1, 3}), "ptero_ingest_stray_messages_total", ""});
  return bad;
}

TEST(Hostile, BadMessagesAmongGoodFramesCostNothingButThemselves) {
  Scratch scratch;
  HandDetector detector;
  Program live("ptero",
               {"live", "--source", "native:" + detector.endpoint(), "--roi-only", "--out",
                (scratch / "out").string()},
               scratch / "log");
  std::smatch port;
  std::string said;
  ASSERT_TRUE(eventually([&] {
    said = live.output();
    return std::regex_search(said, port, std::regex("http://127.0.0.1:(\\d+)/metrics"));
  })) << said;
  const auto page = [&] { return telemetry::get(std::stoi(port[1]), "/metrics").body; };

  const auto bad = bad_messages(detector);
  SeriesInfo start = detector.info();
  start.raster.reset();  // with a plan a frame without a position takes the planned one
  constexpr FrameId lost = 500;
  detector.send(start);
  std::size_t next_bad = 0;
  for (FrameId id = 0; id < detector.size(); ++id) {
    if (id % 20 == 10 && next_bad < bad.size()) detector.send(bad[next_bad++].message);
    Frame frame = detector.frame(id);
    if (id == lost) frame.position = Position{NAN, NAN};
    detector.send(std::move(frame));
  }
  ASSERT_EQ(next_bad, bad.size());

  ASSERT_TRUE(eventually([&] { return metric(page(), "ptero_ingest_frames_total") >= 720; })) << page();
  std::map<std::pair<std::string, std::string>, double> expected;
  for (const auto& item : bad) ++expected[{item.metric, item.reason}];
  const std::string now = page();
  for (const auto& [counter, count] : expected)
    EXPECT_EQ(metric(now, counter.first, counter.second), count) << counter.first << " " << counter.second;
  EXPECT_EQ(metric(now, "ptero_ledger_frames"), 720);
  EXPECT_EQ(metric(now, "ptero_ingest_duplicate_frames_total"), 0);

  detector.send_end();
  EXPECT_EQ(live.wait(), 0) << live.output();
  const auto labels = labels_in(scratch / "out/roi.csv");
  EXPECT_EQ(labels.size(), 720u);
  for (const auto& [id, label] : labels)
    EXPECT_TRUE(id == lost ? label == "unpositioned" : label == "selected" || label == "background")
        << id << " " << label;
  const auto ledger = nlohmann::json::parse(std::ifstream(scratch / "out/report.json"))["ledger"];
  EXPECT_EQ(sum(ledger), 720u);
  EXPECT_EQ(ledger["unpositioned"].get<int>(), 1);
  EXPECT_EQ(ledger["selected"].get<int>() + ledger["background"].get<int>(), 719);
  EXPECT_TRUE(scanfile::prove_ledger(scratch / "out/raw.h5").faults.empty());
}

}  // namespace
}  // namespace ptero::test
