#include <ptero/services/detector/stage.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

#include <ptero/core/error.hpp>
#include <ptero/synth/random.hpp>

#include "panda_server.hpp"

namespace ptero::detector {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view zmq_kind = "panda-zmq:";
constexpr std::string_view tcp_kind = "panda-tcp:";

struct Reading {
  double x, y, monitor;
};

void append(std::string& out, double value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof bytes);
}

std::string json_list(const std::vector<Reading>& readings, double Reading::*member) {
  std::string out;
  for (const auto& reading : readings) {
    const double value = reading.*member;
    // As Python writes it: shortest text that reads back as the same number, NaN bare.
    out += (out.empty() ? "" : ",") + (value == value ? fmt::format("{}", value) : std::string("NaN"));
  }
  return out;
}

}  // namespace

struct Stage::State {
  State(transport::Context& context, const StageOptions& given) : options(given), random(given.seed, 7) {
    if (!(options.loss >= 0 && options.loss <= 1))
      throw InputError("the loss of position messages is " + std::to_string(options.loss), "",
                       "it must lie between 0 and 1");
    if (options.samples_per_frame == 0 || options.samples_per_message == 0)
      throw InputError("a stage takes at least one sample a frame and sends at least one a message");
    const std::string& bind = options.bind;
    if (bind.starts_with(zmq_kind)) {
      zmq.emplace(context, transport::SocketKind::xpub,
                  transport::SocketOptions{.high_water_mark = 0, .insecure = options.insecure});
      zmq->bind(bind.substr(zmq_kind.size()));
    } else if (bind.starts_with(tcp_kind)) {
      tcp.emplace(bind.substr(tcp_kind.size()), options.insecure);
    } else {
      throw InputError(
          "cannot publish positions on '" + bind + "'", "",
          "give panda-zmq:ENDPOINT, such as panda-zmq:tcp://127.0.0.1:6666, or panda-tcp:HOST:PORT");
    }
  }

  std::uint64_t sample_count() const { return options.settling + source->size() * options.samples_per_frame; }

  Reading reading(std::uint64_t index) const {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    constexpr double spread_m = 1e-9;
    if (index < options.settling) return {1e-3, 1e-3, nan};  // far off: nobody may use it
    const std::uint64_t n = options.samples_per_frame;
    const FrameId id = (index - options.settling) / n;
    const auto position = source->position(id);
    if (!position) return {nan, nan, nan};
    const double within =
        static_cast<double>((index - options.settling) % n) - static_cast<double>(n - 1) / 2;
    return {position->x_m + within * spread_m, position->y_m - within * spread_m,
            static_cast<double>(id % 1000) + 1};
  }

  /// Messages go out when the frame of their last sample, and `lag` and the jitter, are past.
  void publish_until(std::int64_t frame) {
    while (next < sample_count()) {
      const auto n = std::min(options.samples_per_message, sample_count() - next);
      const auto last = next + n - 1;
      const auto last_frame =
          last < options.settling
              ? std::int64_t{0}
              : static_cast<std::int64_t>((last - options.settling) / options.samples_per_frame);
      if (last_frame + options.lag + extra >= frame) return;
      publish(n);
      next += n;
      draw_jitter();
    }
  }

  void draw_jitter() {
    extra = options.jitter == 0
                ? 0
                : static_cast<std::int64_t>(random.uniform() * static_cast<double>(options.jitter + 1));
  }

  void publish(std::uint64_t n) {
    ++message;
    if (random.uniform() < options.loss) {
      ++lost;
      return;
    }
    std::vector<Reading> readings;
    for (std::uint64_t i = 0; i < n; ++i) readings.push_back(reading(next + i));
    if (tcp) return publish_tcp(readings);
    const auto dataset = [&](const char* name, double Reading::*member) {
      return fmt::format(R"("/{}":{{"dtype":"float64","size":{},"starting_sample_number":{},"data":[{}]}})",
                         name, n, next, json_list(readings, member));
    };
    say(fmt::format(R"({{"msg_type":"data","frame_number":{},"datasets":{{{},{},{}}}}})", message - 1,
                    dataset("X.VAL.Value", &Reading::x), dataset("Y.VAL.Value", &Reading::y),
                    dataset("MONITOR.VAL.Mean", &Reading::monitor)));
  }

  void publish_tcp(const std::vector<Reading>& readings) {
    std::string block = "BIN ";
    const auto length = static_cast<std::uint32_t>(8 + readings.size() * 3 * sizeof(double));
    for (int shift = 0; shift < 32; shift += 8) block += static_cast<char>(length >> shift & 0xff);
    for (const auto& r : readings) {
      append(block, r.x);
      append(block, r.y);
      append(block, r.monitor);
    }
    tcp->send(block);
  }

  void say(std::string text) { zmq->send({Bytes::take(std::move(text))}, 1000ms); }

  StageOptions options;
  synth::Random random;
  std::optional<transport::Socket> zmq;
  std::optional<PandaServer> tcp;
  FrameSource* source = nullptr;
  std::uint64_t next = 0;
  std::uint64_t message = 0;
  std::int64_t extra = 0;
  std::uint64_t lost = 0;
};

Stage::Stage(transport::Context& context, const StageOptions& options)
    : state_(std::make_unique<State>(context, options)) {}
Stage::~Stage() = default;
Stage::Stage(Stage&&) noexcept = default;

std::string Stage::uri() const {
  return state_->tcp ? std::string(tcp_kind) + state_->tcp->address()
                     : std::string(zmq_kind) + state_->zmq->endpoint();
}

bool Stage::wait_for_listener(std::stop_token stop) {
  while (!stop.stop_requested())
    if (state_->tcp ? state_->tcp->accept(100ms) : state_->zmq->receive(100ms).has_value()) return true;
  return false;
}

void Stage::begin(FrameSource& source, const std::string& arm_time) {
  State& s = *state_;
  s.source = &source;
  s.next = s.message = 0;
  s.draw_jitter();
  if (s.tcp) {
    s.tcp->send(
        fmt::format("<header>\n<data arm_time=\"{}\" missed=\"0\" process=\"Scaled\" format=\"Framed\" "
                    "sample_bytes=\"24\" />\n<fields>\n",
                    arm_time));
    for (const char* field :
         {R"("X.VAL" type="double" capture="Value")", R"("Y.VAL" type="double" capture="Value")",
          R"("MONITOR.VAL" type="double" capture="Mean")"})
      s.tcp->send(fmt::format("<field name={} scale=\"1\" offset=\"0\" units=\"m\" />\n", field));
    s.tcp->send("</fields>\n</header>\n\n");
  } else {
    s.say(fmt::format(R"({{"msg_type":"start","arm_time":"{}","start_time":null,"hw_time_offset_ns":null}})",
                      arm_time));
  }
}

void Stage::advance(FrameId frame) {
  state_->publish_until(static_cast<std::int64_t>(frame));
}

void Stage::end() {
  State& s = *state_;
  if (s.source == nullptr) return;
  s.publish_until(std::numeric_limits<std::int64_t>::max());
  if (s.tcp)
    s.tcp->send(fmt::format("END {} Ok\n", s.sample_count()));
  else
    s.say(fmt::format(R"({{"msg_type":"stop","emitted_frames":{}}})", s.message));
  s.source = nullptr;
}

std::uint64_t Stage::lost() const {
  return state_->lost;
}

}  // namespace ptero::detector
