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
#include <ptero/telemetry/catalogue.hpp>
#include <ptero/telemetry/metrics.hpp>
#include <sstream>

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

const MetricInfo& known(const std::string& name, MetricKind kind) {
  const MetricInfo* metric = find_metric(name);
  PTERO_EXPECT(metric != nullptr && metric->kind == kind);
  return *metric;
}

/// Its only label.
std::string label_of(const MetricInfo& metric) {
  PTERO_EXPECT(!metric.labels.empty() && metric.labels.find(',') == metric.labels.npos);
  return std::string(metric.labels);
}

std::vector<std::string> labels_of(const MetricInfo& metric) {
  std::vector<std::string> labels;
  std::istringstream list{std::string(metric.labels)};
  for (std::string label; std::getline(list, label, ',');) labels.push_back(label);
  return labels;
}

std::string help_of(const MetricInfo& metric) {
  return std::string(metric.help);
}

}  // namespace

void Counters::add(const Values& values, double amount) const {
  const auto found = counters_.find(values);
  PTERO_EXPECT(found != counters_.end());
  found->second.add(amount);
}

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
    std::lock_guard lock(mutex);
    for (const ReadFamily& other : read_families) PTERO_EXPECT(other.name != family.name);
    read_families.push_back(std::move(family));
  }
};

Metrics::Metrics(const std::string& service) : impl_(std::make_unique<Impl>()) {
  if (!service.empty()) impl_->labels["service"] = service;
}
Metrics::~Metrics() = default;

Counter Metrics::counter(const std::string& name) {
  const MetricInfo& metric = known(name, MetricKind::counter);
  PTERO_EXPECT(metric.labels.empty());
  return Counter(prometheus::BuildCounter()
                     .Name(name)
                     .Help(help_of(metric))
                     .Labels(impl_->labels)
                     .Register(impl_->registry)
                     .Add({}));
}

Counters Metrics::counters(const std::string& name, const std::vector<std::vector<std::string>>& values) {
  const MetricInfo& metric = known(name, MetricKind::counter);
  const auto labels = labels_of(metric);
  PTERO_EXPECT(!labels.empty() && labels.size() == values.size());
  auto& family = prometheus::BuildCounter()
                     .Name(name)
                     .Help(help_of(metric))
                     .Labels(impl_->labels)
                     .Register(impl_->registry);
  std::vector<Counters::Values> combinations{{}};
  for (const auto& of_label : values) {
    std::vector<Counters::Values> longer;
    for (const auto& before : combinations)
      for (const auto& value : of_label) {
        longer.push_back(before);
        longer.back().push_back(value);
      }
    combinations = std::move(longer);
  }
  std::map<Counters::Values, Counter> counters;
  for (const auto& combination : combinations) {
    Labels of_series;
    for (std::size_t i = 0; i < labels.size(); ++i) of_series[labels[i]] = combination[i];
    counters.emplace(combination, Counter(family.Add(of_series)));
  }
  return Counters(std::move(counters));
}

Gauge Metrics::gauge(const std::string& name) {
  const MetricInfo& metric = known(name, MetricKind::gauge);
  PTERO_EXPECT(metric.labels.empty());
  return Gauge(prometheus::BuildGauge()
                   .Name(name)
                   .Help(help_of(metric))
                   .Labels(impl_->labels)
                   .Register(impl_->registry)
                   .Add({}));
}

std::vector<Gauge> Metrics::gauges(const std::string& name, const std::vector<std::string>& values) {
  const MetricInfo& metric = known(name, MetricKind::gauge);
  const std::string label = label_of(metric);
  auto& family = prometheus::BuildGauge()
                     .Name(name)
                     .Help(help_of(metric))
                     .Labels(impl_->labels)
                     .Register(impl_->registry);
  std::vector<Gauge> gauges;
  for (const auto& value : values) gauges.emplace_back(family.Add({{label, value}}));
  return gauges;
}

Histogram Metrics::histogram(const std::string& name, const std::vector<double>& upper_bounds) {
  const MetricInfo& metric = known(name, MetricKind::histogram);
  PTERO_EXPECT(metric.labels.empty());
  return Histogram(prometheus::BuildHistogram()
                       .Name(name)
                       .Help(help_of(metric))
                       .Labels(impl_->labels)
                       .Register(impl_->registry)
                       .Add({}, upper_bounds));
}

void Metrics::register_snapshot(const std::string& name, std::function<Snapshot()> read) {
  const MetricInfo& metric = known(name, MetricKind::gauge);
  impl_->add_read_family(
      {name, help_of(metric), [labels = impl_->labels, label = label_of(metric), read = std::move(read)] {
         std::vector<std::pair<Labels, double>> samples;
         for (const auto& [of_label, value] : read()) {
           Labels all = labels;
           all[label] = of_label;
           samples.emplace_back(std::move(all), value);
         }
         return samples;
       }});
}

void Metrics::register_gauge(const std::string& name, std::function<double()> read) {
  const MetricInfo& metric = known(name, MetricKind::gauge);
  PTERO_EXPECT(metric.labels.empty());
  impl_->add_read_family({name, help_of(metric), [labels = impl_->labels, read = std::move(read)] {
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
