#pragma once
// ingest: takes frames off the wire, accounts for every one of them, journals them, and offers them to
// others.
//
// Stages, one thread each:   receive, positions -> record -> (journal) -> link, write, sync;   events
// receive    the detector's socket; blocks only when the queue behind it is full
// positions  the stage's socket, where positions come apart from the frames; never stops reading
// record     decodes headers, joins frames and positions, keeps the ledger, appends to the series' journal:
//            from there on a frame is safe
// link       the frame link: frames out by credit, labels back
// sync       puts the journal on the disk every sync_seconds, so that a power cut costs no more
// write      the raw HDF5 file, from the journal; sealed once the labels are final
// events     the ledger for people

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ptero/config/section.hpp>
#include <ptero/core/series.hpp>
#include <ptero/journal/series_log.hpp>
#include <ptero/runtime/alarms.hpp>
#include <ptero/runtime/service.hpp>
#include <ptero/services/ingest/position_options.hpp>
#include <ptero/telemetry/metrics.hpp>
#include <ptero/transport/socket.hpp>

namespace ptero::ingest {

/// How to look at the frames and where the detector stands, over what the detector says. 0 and absent: as it
/// says.
struct FrameOptions {
  FrameOptions() {}  // no aggregate: GCC 12 takes a member of a temporary's member for uninitialised

  int rotate_deg = 0;      ///< 0, 90, 180 or 270, counter-clockwise, row 0 on top; first
  bool transpose = false;  ///< then
  bool flip_rows = false;  ///< upside down, after the transpose
  bool flip_cols = false;
  std::optional<std::array<double, 2>> centre;  ///< row, col of the zero frequency in the turned frame
  std::size_t crop = 0;  ///< N: N x N pixels with the centre (unknown: the middle) at (N/2, N/2)
  std::size_t bin = 1;   ///< then sum bin x bin pixels
  std::string mask;      ///< FILE:DATASET, rows x cols as received, 0 = good
  double distance_m = 0;
  double energy_ev = 0;
  double detector_pixel_m = 0;

  /// Frames are looked at as they came.
  bool is_default() const {
    return rotate_deg == 0 && !transpose && !flip_rows && !flip_cols && !centre && crop == 0 && bin == 1;
  }
};

struct IngestOptions {
  std::string source = "native:tcp://127.0.0.1:5570";  ///< PROTOCOL:ENDPOINT, we connect:
                                                       ///< native, simplon1, simplon2
  std::string socket = "pull";  ///< or "sub", where somebody publishes the detector's stream again
  transport::CurveKeys curve;   ///< where the detector's end asks for them
  int receive_hwm = 0;  ///< messages ZeroMQ holds, which a kill may lose; 0: of the largest frames four times
                        ///< queue_bytes, 4 to 64 (16 as it stands), or 10000 for "sub"
  std::string channel;  ///< of simplon2, where there are several; empty: the first
  FrameOptions frames;
  /// "frame" (inside the frames), "plan:raster:ROWSxCOLS", "plan:snake:...", or apart from the frames and
  /// joined with them: "panda-zmq:tcp://...", "panda-tcp:HOST:PORT", "maxiv-zmq:tcp://...", "file:PATH"
  std::string positions = "frame";
  double step_x_m = 0;  ///< of a plan: along its rows
  double step_y_m = 0;
  PositionOptions position;                         ///< of positions apart from the frames
  std::string frame_link = "tcp://127.0.0.1:5571";  ///< bound
  std::string events = "tcp://127.0.0.1:5575";      ///< bound
  /// The consumer whose labels count; empty: anybody's who may deliver.
  std::string labels_from = "classifier";
  std::string out = "data";       ///< folder of the raw files
  bool folder_per_series = true;  ///< out/UID/raw.h5, else out/raw.h5
  bool overwrite = false;         ///< replace an existing raw.h5
  bool resume = true;             ///< go on with the series that a killed ingest left in `out`
  std::size_t queue_bytes = std::size_t{256} << 20;         ///< received, not yet journalled
  std::uint64_t low_space_bytes = std::uint64_t{10} << 30;  ///< on the disk: rings, at most a tenth of it
  std::size_t ring_bytes = std::size_t{512} << 20;      ///< of the journal's end kept in memory for the link
  std::size_t max_frame_bytes = std::size_t{64} << 20;  ///< decoded; larger frames are refused
  std::uint64_t give_up_after = 64;                     ///< an absent id is missing after so many later ones
  double stall_after_s = 60;     ///< a running series silent for so long is reported, and left open
  bool mid_series_join = false;  ///< take up a series whose start was missed, with the geometry given here
  /// What a power cut may cost: the journal is put on the disk so often; 0: each entry before it is offered.
  double sync_seconds = 1;
  double end_wait_s = 1;  ///< frames may come so long after the end was said, where some of them are missing
  std::uint64_t set_aside_bytes = std::uint64_t{1} << 30;  ///< of messages kept that belong to no series
  double label_wait_s = 30;   ///< how long a finished series waits for its final labels before it is sealed
  bool insecure = false;      ///< bind addresses that other machines can reach
  std::string configuration;  ///< text stored in the raw file

  journal::Durability durability() const {
    return sync_seconds > 0 ? journal::Durability::written : journal::Durability::synced;
  }
  /// Reads and checks the section [ingest]. Throws InputError naming file, line and key.
  static IngestOptions from(const config::Section& section);
};

class Ingest {
 public:
  /// Binds its sockets and makes its folder, so that what is wrong with them is found before anything starts.
  /// Throws InputError.
  Ingest(transport::Context& context, IngestOptions options);
  ~Ingest();

  runtime::Service& service();
  telemetry::Metrics& metrics();
  /// What keeps it from working, in words; empty when ready.
  std::vector<std::string> not_ready() const;
  runtime::Alarms& alarms();
  /// Ends the running series as if the detector had said so. False: none is running.
  bool end_series();
  /// Leaves the detector, so that it waits for somebody else instead of sending to nobody. Once the service
  /// has been joined.
  void leave_detector();
  /// Where others connect; a wildcard port is filled in.
  std::string frame_link() const;
  std::string events() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptero::ingest
