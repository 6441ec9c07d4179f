#pragma once
// classifier: labels every frame as it arrives, keeps the region of interest as a set with revisions, and
// forwards the selected frames.
//
// Stages, one thread each:   classify -> select;   compute;   events;   preview
// classify  frames from ingest's link, features (on several threads), label at once; labels go back on the
// same
//           link. What is known of each frame goes to a checkpoint, so that a restart asks for the rest only
// compute   revisions, beside the stream
// preview   the newest frame, for people: not one of the data path waits for it
// select    the selection link: revisions and the added frames, to each consumer the difference to what it
// holds

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ptero/config/section.hpp>
#include <ptero/roi/options.hpp>
#include <ptero/runtime/alarms.hpp>
#include <ptero/runtime/service.hpp>
#include <ptero/scan/method_options.hpp>
#include <ptero/steering/planner.hpp>
#include <ptero/telemetry/metrics.hpp>
#include <ptero/transport/socket.hpp>

namespace ptero::classifier {

struct ClassifierOptions {
  scan::MethodOptions method;
  std::string frame_link = "tcp://127.0.0.1:5571";      ///< ingest's; we connect
  std::string selection_link = "tcp://127.0.0.1:5572";  ///< bound
  std::string events = "tcp://127.0.0.1:5576";          ///< bound
  std::string control;              ///< bound: what people ask of it, proto/control.md; empty: nobody can
  std::string name = "classifier";  ///< on the frame link
  std::string out = "data";         ///< folder of roi.csv and roi.png
  bool folder_per_series = true;    ///< out/UID/roi.csv, else out/roi.csv
  std::uint64_t credit = 64;        ///< frames in flight on the frame link
  std::uint64_t lag_frames = 1000;  ///< behind ingest: half of it, and previews come seldom
  std::size_t cache_bytes = std::size_t{256} << 20;  ///< selected frames kept for the reconstructor
  steering::SteeringOptions steering{.mode = steering::Mode::off};
  roi::WaitOptions wait;         ///< of a frame for its first label
  unsigned feature_threads = 0;  ///< 0: half the cores, at most 4
  bool insecure = false;         ///< bind addresses that other machines can reach

  /// Reads and checks the section [classifier]. Throws InputError naming file, line and key.
  static ClassifierOptions from(const config::Section& section);
};

class Classifier {
 public:
  /// Binds its sockets. Throws InputError.
  Classifier(transport::Context& context, ClassifierOptions options);
  ~Classifier();

  runtime::Service& service();
  telemetry::Metrics& metrics();
  std::vector<std::string> not_ready() const;
  runtime::Alarms& alarms();
  std::string selection_link() const;
  std::string events() const;
  std::string control() const;  ///< empty when it is off

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptero::classifier
