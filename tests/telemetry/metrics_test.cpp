#include <gtest/gtest.h>

#include <ptero/core/contract.hpp>
#include <ptero/telemetry/metrics.hpp>

namespace ptero::telemetry {
namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(Metrics, CountersGaugesAndHistogramsInPrometheusText) {
  Metrics metrics;
  metrics.counter("ptero_frames_total", "Frames received", {{"codec", "bslz4"}}).add(2);
  metrics.gauge("ptero_queue_items", "Items waiting").set(1.5);
  const Histogram seconds = metrics.histogram("ptero_decode_seconds", "Decoding a frame", {0.1, 1});
  seconds.observe(0.05);
  seconds.observe(0.5);
  const std::string text = metrics.text();
  EXPECT_TRUE(has_line(text, "# HELP ptero_frames_total Frames received")) << text;
  EXPECT_TRUE(has_line(text, "# TYPE ptero_frames_total counter")) << text;
  EXPECT_TRUE(has_line(text, "ptero_frames_total{codec=\"bslz4\"} 2")) << text;
  EXPECT_TRUE(has_line(text, "ptero_queue_items 1.5")) << text;
  EXPECT_TRUE(has_line(text, "ptero_decode_seconds_bucket{le=\"0.1\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "ptero_decode_seconds_bucket{le=\"+Inf\"} 2")) << text;
  EXPECT_TRUE(has_line(text, "ptero_decode_seconds_count 2")) << text;
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameSeries) {
  Metrics metrics;
  metrics.counter("ptero_a_total", "a").add();
  metrics.counter("ptero_a_total", "a").add();
  EXPECT_EQ(metrics.counter("ptero_a_total", "a").value(), 2);
}

TEST(Metrics, ASnapshotIsReadOncePerScrape) {
  Metrics metrics("ingest");
  int reads = 0;
  metrics.register_snapshot("ptero_ledger_frames", "Frames by state", "state", [&] {
    ++reads;
    return Metrics::Snapshot{{"selected", 3}, {"background", 7}};
  });
  const std::string text = metrics.text();
  EXPECT_EQ(reads, 1);
  EXPECT_TRUE(has_line(text, "ptero_ledger_frames{service=\"ingest\",state=\"selected\"} 3")) << text;
  EXPECT_TRUE(has_line(text, "ptero_ledger_frames{service=\"ingest\",state=\"background\"} 7")) << text;
  EXPECT_EQ(occurrences(text, "# TYPE ptero_ledger_frames gauge"), 1u);
}

TEST(Metrics, AGaugeCanBeReadAtTheScrape) {
  Metrics metrics;
  double depth = 1;
  metrics.register_gauge("ptero_queue_items", "Items waiting", [&] { return depth; });
  depth = 4;
  EXPECT_TRUE(has_line(metrics.text(), "ptero_queue_items 4"));
}

TEST(Metrics, ServicesInOneProcessDoNotClash) {
  Metrics ingest("ingest");
  Metrics classifier("classifier");
  ingest.counter("ptero_errors_total", "Errors").add(1);
  classifier.counter("ptero_errors_total", "Errors").add(2);
  EXPECT_FALSE(has_line(ingest.text(), "ptero_errors_total{service=\"classifier\"} 2"));
  const Metrics* all[] = {&ingest, &classifier};
  const std::string text = metrics_text(all);
  EXPECT_EQ(occurrences(text, "# TYPE ptero_errors_total counter"), 1u) << text;
  EXPECT_TRUE(has_line(text, "ptero_errors_total{service=\"ingest\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "ptero_errors_total{service=\"classifier\"} 2")) << text;
}

TEST(Metrics, NamesFollowTheConvention) {
  Metrics metrics;
  EXPECT_THROW(metrics.gauge("frames", "x"), ContractViolation);
  EXPECT_THROW(metrics.counter("ptero_frames", "x"), ContractViolation);
  metrics.gauge("ptero_x", "x");
  EXPECT_THROW(metrics.histogram("ptero_x", "x", {1}), std::logic_error);
}

}  // namespace
}  // namespace ptero::telemetry
