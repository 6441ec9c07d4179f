#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>
#include <ptero/core/contract.hpp>
#include <ptero/telemetry/metrics.hpp>

namespace ptero::telemetry {

namespace {

prometheus::ClientMetric gauge_sample(const Labels& labels, double value) {
  prometheus::ClientMetric metric;
  for (const auto& [name, text] : labels) metric.label.push_back({name, text});
  metric.gauge.value = value;
  return metric;
}

// Gauges whose values are read together at the scrape.
struct ReadFamily {
  std::string name;
  std::string help;
  std::function<std::vector<std::pair<Labels, double>>()> read;

  prometheus::MetricFamily collect() const {
    prometheus::MetricFamily family{name, help, prometheus::MetricType::Gauge, {}};
    for (const auto& [labels, value] : read()) family.metric.push_back(gauge_sample(labels, value));
    return family;
  }
};

void check_name(const std::string& name) {
  PTERO_EXPECT(name.starts_with("ptero_"));
}

}  // namespace

void Counter::add(double amount) const {
  counter_->Increment(amount);
}
double Counter::value() const {
  return counter_->Value();
}
void Gauge::set(double value) const {
  gauge_->Set(value);
}
void Gauge::add(double amount) const {
  gauge_->Increment(amount);
}
double Gauge::value() const {
  return gauge_->Value();
}
void Histogram::observe(double value) const {
  histogram_->Observe(value);
}

std::vector<double> latency_buckets_s() {
  return {1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10};
}

struct Metrics::Impl {
  Labels labels;
  prometheus::Registry registry;
  std::mutex mutex;
  std::vector<ReadFamily> read_families;

  std::vector<prometheus::MetricFamily> collect() {
    std::vector<prometheus::MetricFamily> all = registry.Collect();
    std::vector<ReadFamily> read;
    {
      std::lock_guard lock(mutex);
      read = read_families;
    }
    for (const ReadFamily& family : read) all.push_back(family.collect());
    return all;
  }
  void add_read_family(ReadFamily family) {
    check_name(family.name);
    std::lock_guard lock(mutex);
    for (const ReadFamily& other : read_families) PTERO_EXPECT(other.name != family.name);
    read_families.push_back(std::move(family));
  }
};

Metrics::Metrics(const std::string& service) : impl_(std::make_unique<Impl>()) {
  if (!service.empty()) impl_->labels["service"] = service;
}
Metrics::~Metrics() = default;

Counter Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  check_name(name);
  PTERO_EXPECT(name.ends_with("_total"));
  return Counter(prometheus::BuildCounter()
                     .Name(name)
                     .Help(help)
                     .Labels(impl_->labels)
                     .Register(impl_->registry)
                     .Add(labels));
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  check_name(name);
  return Gauge(prometheus::BuildGauge()
                   .Name(name)
                   .Help(help)
                   .Labels(impl_->labels)
                   .Register(impl_->registry)
                   .Add(labels));
}

Histogram Metrics::histogram(const std::string& name, const std::string& help,
                             const std::vector<double>& upper_bounds, const Labels& labels) {
  check_name(name);
  return Histogram(prometheus::BuildHistogram()
                       .Name(name)
                       .Help(help)
                       .Labels(impl_->labels)
                       .Register(impl_->registry)
                       .Add(labels, upper_bounds));
}

void Metrics::register_snapshot(const std::string& name, const std::string& help,
                                const std::string& label_name, std::function<Snapshot()> read) {
  impl_->add_read_family({name, help, [labels = impl_->labels, label_name, read = std::move(read)] {
                            std::vector<std::pair<Labels, double>> samples;
                            for (const auto& [label, value] : read()) {
                              Labels all = labels;
                              all[label_name] = label;
                              samples.emplace_back(std::move(all), value);
                            }
                            return samples;
                          }});
}

void Metrics::register_gauge(const std::string& name, const std::string& help, std::function<double()> read) {
  impl_->add_read_family({name, help, [labels = impl_->labels, read = std::move(read)] {
                            return std::vector<std::pair<Labels, double>>{{labels, read()}};
                          }});
}

std::string Metrics::text() const {
  const Metrics* self = this;
  return metrics_text({&self, 1});
}

std::string metrics_text(std::span<const Metrics* const> all) {
  std::vector<prometheus::MetricFamily> merged;
  for (const Metrics* metrics : all)
    for (prometheus::MetricFamily& family : metrics->impl_->collect()) {
      const auto same = std::find_if(merged.begin(), merged.end(),
                                     [&](const auto& other) { return other.name == family.name; });
      if (same == merged.end())
        merged.push_back(std::move(family));
      else
        same->metric.insert(same->metric.end(), family.metric.begin(), family.metric.end());
    }
  return prometheus::TextSerializer().Serialize(merged);
}

}  // namespace ptero::telemetry
