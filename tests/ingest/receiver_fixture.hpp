#pragma once
// The receiver's state machine, fed message by message: no socket, no thread.

#include <gtest/gtest.h>

#include <ptero/services/host/self_report.hpp>
#include <ptero/simplon/encode.hpp>
#include <ptero/wire/stream.hpp>

#include "admission.hpp"
#include "journal_replay.hpp"
#include "protocols.hpp"
#include "recorder.hpp"
#include "simplon_source.hpp"
#include "support/scratch.hpp"

namespace ptero::ingest {

inline constexpr Shape shape{6, 16};

inline SeriesInfo series(std::uint64_t id, std::uint64_t n = 10) {
  SeriesInfo info{.id = id, .uid = "scan-" + std::to_string(id), .n_expected = n, .frame_shape = shape};
  info.distance_m = 1.92;
  return info;
}

inline Frame frame(FrameId id) {
  return {.id = id,
          .shape = shape,
          .payload = Bytes::take(std::vector<std::uint16_t>(96, static_cast<std::uint16_t>(id)))};
}

class Receiver : public testing::Test {
 protected:
  /// What a kill leaves: the files.
  void kill() {
    admission_.reset();
    recorder_.reset();
    store.emplace();
  }
  void resume() {
    for (auto& one : unfinished_series(options, *alarms_)) {
      recorder_->resume(one);
      admission_->resume(one->info, one->ledger.arrived_end(), one->frame_uid);
    }
  }
  void open(const std::string& protocol) {
    options.source = protocol + ":inproc://nobody";
    options.out = (scratch_ / "data").string();
    metrics_ = std::make_unique<telemetry::Metrics>("ingest");
    alarms_ = std::make_unique<runtime::Alarms>(host::alarm_kinds("ingest"));
    source_ = make_source(options, *metrics_);
    std::optional<RasterPlan> plan;
    if (planned) plan = RasterPlan{2, 5};
    mistakes_ = std::make_unique<UsualMistakes>(*alarms_, options.source, options.positions);
    recorder_ = std::make_unique<Recorder>(options, plan, *store, *metrics_, *alarms_, *mistakes_, [] {});
    admission_ = std::make_unique<Admission>(
        options, *metrics_, *alarms_, *mistakes_,
        Admission::Outlets{.take = [this](const Arrival& arrival) { recorder_->take(arrival); },
                           .aside = [this](Aside why) { recorder_->note_aside(why); },
                           .complete = [this](const auto& end) { return recorder_->is_complete(end); },
                           .warn = [this](Warning warning) { recorder_->note(std::move(warning)); }});
    recorder_->set_aside_by(
        [this](Aside why, const Arrival& arrival) { admission_->put_aside(why, arrival); });
  }
  void take(const Parts& parts, std::int64_t t_ns = 0) {
    source_->take({parts, t_ns, {}}, [this](const Arrival& arrival) { admission_->take(arrival); });
  }
  void start(std::uint64_t id) { take(simplon::encode_start_v1(series(id))); }
  void image(std::uint64_t id, FrameId number) { take(simplon::encode_image_v1(id, frame(number))); }
  /// And the time that late frames have passes.
  void end(std::uint64_t id) {
    take(simplon::encode_end_v1(id));
    let_time_pass();
  }
  void let_time_pass() { admission_->advance(3600'000'000'000); }

  std::map<std::string, std::uint64_t> ledger() const {
    return store->current()->ledger.snapshot().by_name();
  }
  double metric(const std::string& name, const std::string& label = {}) const {
    std::istringstream lines(metrics_->text());
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(name) && line.find(label) != std::string::npos)
        return std::stod(line.substr(line.rfind(' ')));
    return -1;
  }
  bool alarm(const char* id) const { return alarms_->is_active(id); }
  double strays() const { return metric("ptero_ingest_stray_messages_total{"); }
  /// What consumers of the link see.
  wire::StreamMessage entry(std::uint64_t number) const {
    return wire::decode_entry(*store->current()->log.read(number)).value().message.value();
  }

  test::Scratch scratch_;
  IngestOptions options;
  bool planned = true;
  std::optional<SeriesStore> store{std::in_place};
  std::unique_ptr<telemetry::Metrics> metrics_;
  std::unique_ptr<runtime::Alarms> alarms_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<UsualMistakes> mistakes_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Admission> admission_;
};

}  // namespace ptero::ingest
