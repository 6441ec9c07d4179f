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
  metrics.counter("ptero_ingest_frames_total").add(2);
  metrics.gauge("ptero_reconstructor_amplitude_error").set(1.5);
  const Histogram seconds = metrics.histogram("ptero_frame_to_label_seconds", {0.1, 1});
  seconds.observe(0.05);
  seconds.observe(0.5);
  const std::string text = metrics.text();
  EXPECT_TRUE(has_line(text, "# HELP ptero_ingest_frames_total frames journalled")) << text;
  EXPECT_TRUE(has_line(text, "# TYPE ptero_ingest_frames_total counter")) << text;
  EXPECT_TRUE(has_line(text, "ptero_ingest_frames_total 2")) << text;
  EXPECT_TRUE(has_line(text, "ptero_reconstructor_amplitude_error 1.5")) << text;
  EXPECT_TRUE(has_line(text, "ptero_frame_to_label_seconds_bucket{le=\"0.1\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "ptero_frame_to_label_seconds_bucket{le=\"+Inf\"} 2")) << text;
  EXPECT_TRUE(has_line(text, "ptero_frame_to_label_seconds_count 2")) << text;
}

TEST(Metrics, CountersWithLabelsAreThereForEveryValueFromTheStart) {
  Metrics metrics("ingest");
  const Counters faults = metrics.counters("ptero_ingest_faults_total", {{"malformed", "too_large"}});
  EXPECT_TRUE(
      has_line(metrics.text(), "ptero_ingest_faults_total{service=\"ingest\",reason=\"too_large\"} 0"));
  faults.add("malformed");
  faults.add("malformed", 2);
  EXPECT_TRUE(
      has_line(metrics.text(), "ptero_ingest_faults_total{service=\"ingest\",reason=\"malformed\"} 3"));
  EXPECT_THROW(faults.add("unheard_of"), ContractViolation);

  Metrics other;
  const Counters refused =
      other.counters("ptero_connections_refused_total", {{"bound", "connected"}, {"no_key", "malformed"}});
  refused.add(Counters::Values{"bound", "malformed"});
  EXPECT_EQ(occurrences(other.text(), "ptero_connections_refused_total{"), 4u);
  EXPECT_TRUE(
      has_line(other.text(), "ptero_connections_refused_total{reason=\"malformed\",side=\"bound\"} 1"));
}

TEST(Metrics, TheSameNameIsTheSameSeries) {
  Metrics metrics;
  metrics.counter("ptero_ingest_frames_total").add();
  metrics.counter("ptero_ingest_frames_total").add();
  EXPECT_EQ(metrics.counter("ptero_ingest_frames_total").value(), 2);
}

TEST(Metrics, ASnapshotIsReadOncePerScrape) {
  Metrics metrics("ingest");
  int reads = 0;
  metrics.register_snapshot("ptero_ledger_frames", [&] {
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
  metrics.register_gauge("ptero_ingest_queue_bytes", [&] { return depth; });
  depth = 4;
  EXPECT_TRUE(has_line(metrics.text(), "ptero_ingest_queue_bytes 4"));
}

TEST(Metrics, ServicesInOneProcessDoNotClash) {
  Metrics ingest("ingest");
  Metrics classifier("classifier");
  ingest.gauge("ptero_steering_points").set(1);
  classifier.gauge("ptero_steering_points").set(2);
  EXPECT_FALSE(has_line(ingest.text(), "ptero_steering_points{service=\"classifier\"} 2"));
  const Metrics* all[] = {&ingest, &classifier};
  const std::string text = metrics_text(all);
  EXPECT_EQ(occurrences(text, "# TYPE ptero_steering_points gauge"), 1u) << text;
  EXPECT_TRUE(has_line(text, "ptero_steering_points{service=\"ingest\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "ptero_steering_points{service=\"classifier\"} 2")) << text;
}

TEST(Metrics, OnlyWhatTheCatalogueListsAndAsItListsIt) {
  Metrics metrics;
  EXPECT_THROW(metrics.gauge("ptero_unheard_of"), ContractViolation);
  EXPECT_THROW(metrics.gauge("ptero_ingest_frames_total"), ContractViolation) << "a counter";
  EXPECT_THROW(metrics.counter("ptero_ingest_faults_total"), ContractViolation) << "it has a label";
  EXPECT_THROW(metrics.counters("ptero_ingest_frames_total", {{"a"}}), ContractViolation) << "it has none";
  EXPECT_THROW(metrics.register_snapshot("ptero_ingest_queue_bytes", [] { return Metrics::Snapshot{}; }),
               ContractViolation);
}

}  // namespace
}  // namespace ptero::telemetry
