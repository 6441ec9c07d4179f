#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace ptero::telemetry {

using Labels = std::map<std::string, std::string>;

/// Handles to one time series each: cheap to copy, valid while their Metrics lives, lock-free to update.
class Counter {
 public:
  explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
  void add(double amount = 1) const;
  double value() const;

 private:
  prometheus::Counter* counter_;
};

class Gauge {
 public:
  explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
  void set(double value) const;
  void add(double amount) const;
  double value() const;

 private:
  prometheus::Gauge* gauge_;
};

class Histogram {
 public:
  explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
  void observe(double value) const;

 private:
  prometheus::Histogram* histogram_;
};

/// Upper bounds in seconds for latencies: 0.1 ms to 10 s, three a decade.
std::vector<double> latency_buckets_s();

/// One service's metrics. Several live in one process without clashing; thread safe.
/// Names follow Prometheus: `ptero_` in front, base units in the name (`_seconds`, `_bytes`), counters end in
/// `_total`. Asking again for the same name and labels gives the same series; another kind is a contract
/// violation.
class Metrics {
 public:
  /// Every series gets the label service="<service>"; none when it is empty.
  explicit Metrics(const std::string& service = {});
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram histogram(const std::string& name, const std::string& help,
                      const std::vector<double>& upper_bounds, const Labels& labels = {});

  /// A family of gauges read in one call at each scrape, so that they agree with each other: the ledger.
  /// `read` gives (label value, number) pairs; it is called from the scraping thread and must not throw.
  using Snapshot = std::vector<std::pair<std::string, double>>;
  void register_snapshot(const std::string& name, const std::string& help, const std::string& label_name,
                         std::function<Snapshot()> read);
  /// A single gauge read at each scrape: a queue's depth, an age.
  void register_gauge(const std::string& name, const std::string& help, std::function<double()> read);

  /// Everything in Prometheus' text format.
  std::string text() const;

 private:
  friend std::string metrics_text(std::span<const Metrics* const> all);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Several services on one page: families of the same name are merged. Their Metrics must differ in their
/// labels.
std::string metrics_text(std::span<const Metrics* const> all);

}  // namespace ptero::telemetry
