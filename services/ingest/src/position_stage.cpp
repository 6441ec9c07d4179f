#include "position_stage.hpp"

#include <ptero/core/error.hpp>
#include <ptero/positions/json_stream.hpp>
#include <ptero/runtime/clock.hpp>

namespace ptero::ingest {

using namespace std::chrono_literals;

namespace {
constexpr std::size_t max_message_bytes = 16 << 20;
}

PositionStage::PositionStage(transport::Context& context, const PositionSource& source,
                             const PositionOptions& options, PositionInbox& inbox,
                             telemetry::Metrics& metrics, std::function<void()> pushed)
    : source_(source),
      channels_(options.channels),
      inbox_(inbox),
      pushed_(std::move(pushed)),
      samples_(metrics.counter("ptero_ingest_position_samples_total")),
      unreadable_(metrics.counter("ptero_ingest_position_faults_total")),
      dropped_(metrics.counter("ptero_ingest_position_dropped_total")),
      connections_(metrics.counter("ptero_ingest_position_connections_total")) {
  if (channels_.x.empty() || channels_.y.empty())
    throw InputError("positions from a stream need the names of its channels", {},
                     "set position_x and position_y, such as INENC1.VAL.Mean");
  if (source_.kind == PositionSource::Kind::panda_tcp) {
    tcp_.emplace(source_.where);
  } else {
    zmq_.emplace(context, transport::SocketKind::sub,
                 transport::SocketOptions{
                     .high_water_mark = 100'000, .max_message_bytes = max_message_bytes, .foreign = true});
    zmq_->connect(source_.where);
    zmq_->subscribe("");
    connected_ = true;
  }
}

void PositionStage::run(std::stop_token stop, runtime::Heartbeat& beat) {
  while (!stop.stop_requested()) {
    beat.beat();
    if (tcp_)
      listen_tcp();
    else
      listen_zmq();
  }
}

void PositionStage::listen_zmq() {
  const auto parts = zmq_->receive(100ms);
  if (!parts || parts->empty()) return;
  // Some publishers put a topic in front.
  const auto text = parts->back().text();
  auto event = source_.kind == PositionSource::Kind::maxiv_zmq ? positions::parse_maxiv_json(text, channels_)
                                                               : positions::parse_panda_json(text, channels_);
  if (event)
    push(*std::move(event));
  else
    unreadable(event.reason());
}

void PositionStage::listen_tcp() {
  if (!tcp_->connected()) {
    connected_ = false;
    if (tcp_->connect(100ms) && tcp_->send(positions::panda_tcp_request)) {
      connected_ = true;
      connections_.add();
      last_why_.clear();
      parser_.emplace(channels_);
      log_.info("connected to the PandABox", {{"address", source_.where}});
    } else if (!tcp_->why().empty() && tcp_->why() != last_why_) {
      last_why_ = tcp_->why();
      log_.warning("no connection to the PandABox", {{"address", source_.where}, {"why", last_why_}});
    }
    return;
  }
  const auto bytes = tcp_->receive(100ms);
  if (bytes.empty()) return;
  auto events = parser_->feed(bytes);
  if (!events) {
    unreadable(events.reason());
    tcp_->close(events.reason());
    return;
  }
  for (auto& event : *events) push(std::move(event));
}

void PositionStage::push(positions::StreamEvent event) {
  const auto* some = std::get_if<positions::StreamSamples>(&event);
  if (some != nullptr) samples_.add(static_cast<double>(some->samples.size()));
  if (!inbox_.push({std::move(event), runtime::steady_now_ns()})) dropped_.add();
  pushed_();
}

void PositionStage::unreadable(const std::string& why) {
  unreadable_.add();
  if (why == last_why_) return;
  last_why_ = why;
  log_.warning("a message of the position stream cannot be used", {{"from", source_.where}, {"why", why}});
}

}  // namespace ptero::ingest
