#include <pthread.h>

#include <algorithm>
#include <ptero/core/contract.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/runtime/service.hpp>
#include <utility>

namespace ptero::runtime {

void Heartbeat::beat() {
  // Younger before stricter: who looks in between must not see an old beat under the usual limit.
  last_ns_ = steady_now_ns();
  limit_ns_ = usual_limit_ns;
  what_ = "";
}

void Heartbeat::announce(const char* what, std::int64_t limit_ns) {
  what_ = what;
  limit_ns_ = limit_ns;
  last_ns_ = steady_now_ns();
}

void Heartbeat::busy(const char* what, double at_most_s) {
  announce(what, static_cast<std::int64_t>(at_most_s * 1e9));
}

void Heartbeat::waiting(const char* what) {
  announce(what, no_limit);
}

std::int64_t Heartbeat::age_ns() const {
  return steady_now_ns() - last_ns_;
}

std::int64_t Heartbeat::limit_ns() const {
  return limit_ns_;
}

std::string Heartbeat::doing() const {
  return what_.load();
}

Service::Service(std::string name) : name_(std::move(name)) {}

Service::~Service() {
  request_stop();
  join();
}

void Service::add_stage(std::string stage, StageFunction run) {
  PTERO_EXPECT(!started_ && run);
  auto added = std::make_unique<Stage>();
  added->name = std::move(stage);
  added->run = std::move(run);
  stages_.push_back(std::move(added));
}

void Service::add_stage(std::string stage, std::function<void(std::stop_token)> run) {
  PTERO_EXPECT(run);
  add_stage(std::move(stage),
            [run = std::move(run)](std::stop_token stop, Heartbeat&) { run(std::move(stop)); });
}

void Service::start(std::function<void()> on_end) {
  PTERO_EXPECT(!started_ && !stages_.empty());
  started_ = true;
  on_end_ = std::move(on_end);
  running_ = stages_.size();
  for (auto& stage : stages_) {
    stage->heartbeat.beat();
    stage->state = StageState::running;
  }
  for (auto& stage : stages_) stage->thread = std::jthread([this, &stage = *stage] { run_stage(stage); });
}

void Service::run_stage(Stage& stage) {
  // For top -H, debuggers and /proc; the kernel keeps 15 characters.
  pthread_setname_np(pthread_self(), stage.name.substr(0, 15).c_str());
  std::exception_ptr thrown;
  std::string what;
  try {
    stage.run(stop_.get_token(), stage.heartbeat);
  } catch (const std::exception& e) {
    thrown = std::current_exception();
    what = e.what();
  } catch (...) {
    thrown = std::current_exception();
    what = "unknown exception";
  }
  if (thrown) {
    std::lock_guard lock(failure_mutex_);
    if (!failure_) failure_ = Failure{name_, stage.name, what, thrown};
  }
  stage.state = thrown ? StageState::failed : StageState::finished;
  if (thrown) request_stop();
  stage_returned(thrown != nullptr);
}

void Service::stage_returned(bool failed) {
  const bool last = running_.fetch_sub(1) == 1;
  if ((last || failed) && !ended_.exchange(true) && on_end_) on_end_();
}

void Service::request_stop() {
  stop_.request_stop();
}

void Service::join() {
  for (auto& stage : stages_)
    if (stage->thread.joinable()) stage->thread.join();
}

bool Service::finished() const {
  // Any thread may ask, and `started_` is of the one that starts.
  return !stages_.empty() && stages_.front()->state != StageState::waiting && running_ == 0;
}

std::optional<Failure> Service::failure() const {
  std::lock_guard lock(failure_mutex_);
  return failure_;
}

std::vector<StageHealth> Service::health() const {
  std::vector<StageHealth> all;
  for (const auto& stage : stages_) {
    StageHealth one{.stage = stage->name, .state = stage->state, .doing = stage->heartbeat.doing()};
    // The limit before the age: a beat in between makes it younger, never silent.
    one.limit_ns = stage->heartbeat.limit_ns();
    one.beat_age_ns = std::min(stage->heartbeat.age_ns(), steady_now_ns() - forgiven_ns_);
    one.silent = one.state == StageState::running && one.beat_age_ns > one.limit_ns;
    all.push_back(std::move(one));
  }
  return all;
}

std::vector<std::string> Service::unhealthy_stages() const {
  std::vector<std::string> names;
  for (const StageHealth& stage : health())
    if (stage.silent || stage.state == StageState::failed) names.push_back(stage.stage);
  return names;
}

void Service::forgive_silence() {
  forgiven_ns_ = steady_now_ns();
}

}  // namespace ptero::runtime
