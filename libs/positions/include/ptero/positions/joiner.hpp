#pragma once
// positions: bytes and numbers of position streams in, frames' positions out: parsers, the joiner, and checks
// of what was joined. No sockets, no files, no clock: time is an argument. Thread promise: every class is for
// one thread at a time; functions are pure.
//
// Frames and samples meet by index, never by order of arrival or by time [design, promise 2]. A sample's
// index gives its unit (a frame's worth of samples), the unit its frame:
//   unit = (index - skip_samples) / samples_per_frame,   frame = unit + index_offset

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include <ptero/core/frame.hpp>
#include <ptero/core/join_outcome.hpp>
#include <ptero/positions/join_report.hpp>
#include <ptero/positions/stream_event.hpp>
#include <ptero/positions/transform.hpp>

namespace ptero::positions {

/// Which of a frame's samples is its position.
enum class Use : std::uint8_t { mean, first, last, mid };  // mid: between first and last
/// What a frame gets whose position never comes.
enum class Missing : std::uint8_t { drop, hold, interpolate };

struct JoinOptions {
  std::int64_t index_offset = 0;        ///< frame - trigger: -1 where triggers count from 1
  std::uint64_t samples_per_frame = 1;  ///< 0: all that carry the same index, however many
  std::uint64_t skip_samples = 0;       ///< settling rows before the first frame's
  Use use = Use::mean;
  Missing missing = Missing::drop;
  std::uint64_t skip_frames = 0;  ///< run-up: the first frames get no position
  /// Samples may come out of order by this much: an index is given up once one so much higher came. Needs
  /// samples_per_frame <= 64.
  std::uint64_t reorder_samples = 0;
  double max_wait_s = 10;  ///< a frame waits no longer than this, after its arrival
  /// An arm whose samples began longer than this before the series did belongs to an earlier scan.
  double arm_window_s = 1;
  bool accept_unstarted = false;  ///< samples may count whose arm was not heard of and that do not begin at 0
  std::size_t max_positions = 4'000'000;  ///< kept, about 64 bytes each; the oldest are given up
  /// Metres, after the transform; positions outside are none.
  std::array<double, 2> range_x_m{-std::numeric_limits<double>::infinity(),
                                  std::numeric_limits<double>::infinity()};
  std::array<double, 2> range_y_m{-std::numeric_limits<double>::infinity(),
                                  std::numeric_limits<double>::infinity()};
  Transform transform;
};

struct Joined {
  JoinOutcome outcome = JoinOutcome::joined;
  std::optional<Position> position;  ///< where has_position(outcome)
  std::optional<double> monitor;     ///< mean of the frame's samples; only with `joined`, finite and above 0
};

/// How a series begins.
enum class Begin : std::uint8_t {
  fresh,
  resumed,  ///< after a kill: samples whose arm was not heard of are this series'
};

/// Pairs the frames of one series after the other with a stream's samples. A stream may be armed before or
/// after its series starts, and still run when the next one does: an arm belongs to one series at most. With
/// `drop` the answers depend on the stream's content alone, not on when it came; `timed_out` and
/// `crowded_out` excepted.
class Joiner {
 public:
  /// Throws ContractViolation for options that exclude each other (reorder_samples).
  explicit Joiner(JoinOptions options);
  ~Joiner();
  Joiner(Joiner&&) noexcept;
  Joiner& operator=(Joiner&&) noexcept;

  /// All positions, known beforehand, of every series from now on: a file.
  void set_table(const std::vector<Sample>& samples);
  /// Now: nanoseconds of any clock that never goes back, the same for all calls.
  void take(const StreamEvent& event, std::int64_t now_ns);

  /// A series starts whose start came at `start_ns`. unit_m replaces that of the transform (positions in
  /// object pixels).
  void begin(std::int64_t start_ns, Begin how = Begin::fresh, std::optional<double> unit_m = {});
  /// What is known of this frame's position; nullopt: wait. arrival_ns: of the frame.
  std::optional<Joined> decide(FrameId id, std::int64_t arrival_ns, std::int64_t now_ns);
  /// As decide, for a frame that can wait no longer, for this reason (ended or crowded_out).
  Joined decide_now(FrameId id, JoinOutcome reason);
  /// The running series' frames took positions from an arm that has not stopped: what its stream says next
  /// belongs to the report.
  bool arm_runs() const;
  /// Ends the series and tells what was joined.
  JoinReport end();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptero::positions
