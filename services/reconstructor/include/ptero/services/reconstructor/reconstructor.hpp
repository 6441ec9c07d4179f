#pragma once
// reconstructor: turns the selected frames into an image while the scan runs.
//
// Stages, one thread each:   receive -> solve;   control;   events
// receive  the classifier's selection link: revisions and frames; says what it holds when it reconnects
// solve    takes frames in between batches, iterates, publishes snapshots; writes the product at the end
// control  answers who wants the iterations to stop, to go on or to begin anew; where it is bound
//
// What it keeps it can lose: a checkpoint beside the product holds what the iterations have found
// (proto/reconstruction_checkpoint.md). After a kill it says on the selection link which series it was at, is
// sent the patterns again, and goes on from there.

#include <memory>
#include <string>
#include <vector>

#include <ptero/config/section.hpp>
#include <ptero/runtime/alarms.hpp>
#include <ptero/runtime/service.hpp>
#include <ptero/scan/solver_options.hpp>
#include <ptero/telemetry/metrics.hpp>
#include <ptero/transport/socket.hpp>

namespace ptero::reconstructor {

struct ReconstructorOptions {
  scan::SolverOptions solver;
  std::string selection_link = "tcp://127.0.0.1:5572";  ///< the classifier's; we connect
  std::string events = "tcp://127.0.0.1:5577";          ///< bound
  std::string control;                                  ///< bound; empty: nobody can ask for anything
  std::string name = "reconstructor";                   ///< on the selection link
  std::string out = "data";                             ///< folder of product.h5, phase.png and the like
  bool folder_per_series = true;                        ///< out/UID/product.h5, else out/product.h5
  std::uint64_t credit = 64;                            ///< frames in flight on the selection link
  std::size_t queue_bytes = std::size_t{128} << 20;     ///< received, not yet taken in
  std::uint64_t lag_frames = 1000;  ///< behind the classifier: half of it, and snapshots come seldom
  double snapshot_every_s = 1;
  double checkpoint_every_s = 10;  ///< 0: none is kept
  std::size_t min_frames = 16;     ///< iterate once so many are in, or no more will come
  bool insecure = false;           ///< bind addresses that other machines can reach

  /// All keys of the section [reconstructor], declared once.
  static const settings::Table<ReconstructorOptions>& declared();
  /// Reads and checks the section [reconstructor]. Throws InputError naming file, line and key.
  static ReconstructorOptions from(const config::Section& section);
};

class Reconstructor {
 public:
  /// Binds its socket and checks that the backend and the files named are there. Throws InputError.
  Reconstructor(transport::Context& context, ReconstructorOptions options);
  ~Reconstructor();

  runtime::Service& service();
  telemetry::Metrics& metrics();
  std::vector<std::string> not_ready() const;
  runtime::Alarms& alarms();
  /// Finishes the series under way (or, between two, the next) with what it has: one pass over the final
  /// selection instead of all epochs. From any thread.
  void finish_early();
  /// A person stopped the series under way: without a word it will not be done. From any thread.
  bool stopped() const;
  std::string events() const;
  /// Where people ask for things; empty: nowhere.
  std::string control() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptero::reconstructor
