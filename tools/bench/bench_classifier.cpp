// Question: does the cost of a frame in the online classifier stay the same as a series grows?
// Answer: processor time of a whole series over its frames, revisions computed on a second thread included,
// at 10^3 to 10^6 records of 8 segments. The sizes take turns and the median counts, so that whatever else
// the machine does does not decide. Besides: the longest single call, in processor time, and how long the
// frames, which come as fast as they can, were held back for revisions. Floor: the costs within 20 % of each
// other, no call above 5 ms.

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <functional>
#include <iomanip>
#include <iostream>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include <ptero/roi/online_classifier.hpp>

#include "bench/bench.hpp"

namespace ptero::tools {

namespace {

using Clock = std::chrono::steady_clock;
constexpr int segments = 8;
struct Size {
  std::size_t frames;
  int series;  ///< one after the other, a round
};
constexpr std::array<Size, 4> sizes{{{1'000, 50}, {10'000, 10}, {100'000, 2}, {1'000'000, 1}}};
constexpr int rounds = 3;
constexpr double widest = 1.2;
constexpr double longest_call_s = 5e-3;

double seconds_of(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Of all threads of this process.
double processor_seconds() {
  return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

/// Of this one: a call does not become longer because somebody else has the processor.
double thread_seconds() {
  return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Runs tasks one after another on a thread of its own.
class Worker {
 public:
  Worker() : thread_([this](std::stop_token stop) { run(stop); }) {}
  void post(std::function<void()> task) {
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    ready_.notify_one();
  }

 private:
  void run(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (ready_.wait(lock, stop, [&] { return !tasks_.empty(); })) {
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any ready_;
  std::deque<std::function<void()>> tasks_;
  std::jthread thread_;
};

/// A disc that absorbs and scatters, in the middle of a square scan, by features of shot noise alone.
class Series {
 public:
  explicit Series(std::size_t frames)
      : side_(static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(frames))))) {
    std::minstd_rand rng(1);
    std::normal_distribution<float> normal;
    for (float& value : noise_) value = normal(rng);
  }

  std::size_t side() const { return side_; }

  roi::FrameRecord record(FrameId id) const {
    const double middle = static_cast<double>(side_) / 2;
    const bool inside =
        std::hypot(static_cast<double>(id / side_) - middle, static_cast<double>(id % side_) - middle) <
        0.25 * static_cast<double>(side_);
    std::size_t next = static_cast<std::size_t>(id) * 7919;
    const auto draw = [&] { return noise_[++next % noise_.size()]; };
    roi::FrameRecord record{.id = id};
    for (int s = 0; s < segments; ++s) {
      const double mean = inside ? 115e3 : 125e3;
      roi::SegmentFeatures f{mean + std::sqrt(mean) * draw(), 128 + 0.1 * draw(), 128 + 0.1 * draw()};
      if (inside) f.com_x += std::cos(s), f.com_y += std::sin(s);
      record.features.segments.push_back(f);
      record.features.whole.total += f.total;
    }
    return record;
  }

 private:
  std::size_t side_;
  std::vector<float> noise_ = std::vector<float>(65537);
};

struct Cost {
  double seconds_a_frame = 0;
  double longest_call = 0;  ///< without what it waits for a revision
  double waited = 0;  ///< for revisions: frames come as fast as they can, and this is what holds them back
};

Cost classify(const Series& series, std::size_t frames) {
  Worker worker;
  Cost cost;
  const double start = processor_seconds();
  {
    roi::OnlineClassifier classifier(roi::ScanLayout::raster({.rows = series.side(), .cols = series.side()}),
                                     {.segments = segments}, {},
                                     [&](std::function<void()> task) { worker.post(std::move(task)); });
    for (FrameId id = 0; id < frames; ++id) {
      roi::FrameRecord record = series.record(id);
      const auto before = Clock::now();
      while (classifier.would_wait()) std::this_thread::sleep_for(std::chrono::microseconds(100));
      cost.waited += seconds_since(before);
      const double call = thread_seconds();
      classifier.add(std::move(record));
      cost.longest_call = std::max(cost.longest_call, thread_seconds() - call);
    }
    classifier.finish();
  }
  cost.seconds_a_frame = (processor_seconds() - start) / static_cast<double>(frames);
  return cost;
}

}  // namespace

int bench_classifier(std::ostream& out) {
  std::array<std::vector<double>, sizes.size()> costs;
  std::array<double, sizes.size()> longest{}, waited{};
  for (int round = 0; round < rounds; ++round)
    for (std::size_t k = 0; k < sizes.size(); ++k) {
      const Series series(sizes[k].frames);
      double sum = 0;
      for (int i = 0; i < sizes[k].series; ++i) {
        const Cost cost = classify(series, sizes[k].frames);
        sum += cost.seconds_a_frame;
        longest[k] = std::max(longest[k], cost.longest_call);
        waited[k] = std::max(waited[k], cost.waited);
      }
      costs[k].push_back(sum / sizes[k].series);
    }
  out << "online classifier, robust, S = " << segments << ", processor time, median of " << rounds
      << " rounds\n   frames   us a frame    (least, most)   longest call, ms   waited for revisions, ms\n"
      << std::fixed;
  std::vector<double> medians;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    auto& all = costs[k];
    std::sort(all.begin(), all.end());
    medians.push_back(all[all.size() / 2]);
    out << std::setw(9) << sizes[k].frames << std::setprecision(2) << std::setw(13) << medians.back() * 1e6
        << std::setw(9) << all.front() * 1e6 << std::setw(8) << all.back() * 1e6 << std::setprecision(1)
        << std::setw(19) << longest[k] * 1e3 << std::setw(27) << waited[k] * 1e3 << std::endl;
  }
  const auto [least, most] = std::minmax_element(medians.begin(), medians.end());
  const double longest_of_all = *std::max_element(longest.begin(), longest.end());
  const bool reached = *most <= widest * *least && longest_of_all <= longest_call_s;
  out << std::setprecision(2) << "most over least " << *most / *least << " (floor " << widest
      << "), longest call " << longest_of_all * 1e3 << " ms (floor " << longest_call_s * 1e3 << ")\n"
      << (reached ? "floor reached\n" : "outside the floor\n");
  return reached ? 0 : 1;
}

}  // namespace ptero::tools
