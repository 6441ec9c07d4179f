#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
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

/// A counter for every value of its labels, all of them from the start: what is counted for the first time
/// would otherwise be no increase for Prometheus. Lock-free, cheap to copy.
class Counters {
 public:
  using Values = std::vector<std::string>;  ///< one of each label
  explicit Counters(std::map<Values, Counter> counters) : counters_(std::move(counters)) {}
  /// Breaks the contract for values that are not among those it was made with.
  void add(const Values& values, double amount = 1) const;
  void add(std::string_view value, double amount = 1) const { add(Values{std::string(value)}, amount); }

 private:
  std::map<Values, Counter> counters_;
};

/// The names of all values of an enumeration.
template <class Range>
std::vector<std::string> names_of(const Range& all) {
  std::vector<std::string> names;
  for (const auto value : all) names.emplace_back(name_of(value));
  return names;
}

/// One service's metrics. Several live in one process without clashing; thread safe.
/// What a metric is called, is, and means stands in the catalogue; a name that is not there, or there as
/// another kind or with other labels, is a contract violation. Asking again for the same name gives the same
/// series.
class Metrics {
 public:
  /// Every series gets the label service="<service>"; none when it is empty.
  explicit Metrics(const std::string& service = {});
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter counter(const std::string& name);
  /// values: of each label in the order of the catalogue, all that can occur; every combination is made.
  Counters counters(const std::string& name, const std::vector<std::vector<std::string>>& values);
  Gauge gauge(const std::string& name);
  /// With one label: a gauge for each of its values, in their order.
  std::vector<Gauge> gauges(const std::string& name, const std::vector<std::string>& values);
  Histogram histogram(const std::string& name, const std::vector<double>& upper_bounds);

  /// A family of gauges with one label, read in one call at each scrape, so that they agree with each other:
  /// the ledger. `read` gives (label value, number) pairs; it is called from the scraping thread and must not
  /// throw.
  using Snapshot = std::vector<std::pair<std::string, double>>;
  void register_snapshot(const std::string& name, std::function<Snapshot()> read);
  /// A single gauge read at each scrape: a queue's depth, an age.
  void register_gauge(const std::string& name, std::function<double()> read);

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
