#pragma once
// The service ddip: takes the cross-talk out of multislice products in the background.
//
// Stages, one thread each:   separate;   events
// separate  watches the reconstructor's folder for products with several layers, fits the networks to the
// newest
//           (threads of its own beside), publishes images while it does, writes separated.h5 beside the
//           product
//
// A newer product of the series pre-empts the one under way at its next report, and is begun with the
// networks as they are.
// Nothing but those is kept: a product is done when separated.h5 beside it is not older, so a killed worker
// goes on where it was, cold or from the networks it saved last.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <ptero/config/section.hpp>
#include <ptero/ddip/run.hpp>
#include <ptero/runtime/alarms.hpp>
#include <ptero/runtime/service.hpp>
#include <ptero/telemetry/metrics.hpp>
#include <ptero/transport/socket.hpp>

namespace ptero::ddip {

struct WorkerOptions {
  Options options = Options::fast();
  RunOptions run;
  EarlyStopOptions warm_stop{
      .every = 5, .window = 8, .patience = 40, .first = 40};  ///< from networks that know
  std::size_t runs = 1;           ///< from as many seeds: mean and sigma. The networks of each are kept
  std::string products = "data";  ///< folder of the reconstructor: */product.h5 or product.h5
  std::string events = "tcp://127.0.0.1:5578";  ///< bound
  std::string control;                          ///< bound; empty: nobody can ask for anything
  double look_every_s = 1;                      ///< for new products
  bool insecure = false;                        ///< bind an address that other machines can reach

  /// Reads and checks the section [ddip]. Throws InputError naming file, line and key.
  static WorkerOptions from(const config::Section& section);
};

class Worker {
 public:
  /// Binds its socket. Throws InputError.
  Worker(transport::Context& context, WorkerOptions options);
  ~Worker();

  runtime::Service& service();
  telemetry::Metrics& metrics();
  std::vector<std::string> not_ready() const;
  runtime::Alarms& alarms();
  std::string events() const;
  /// Where people ask for things; empty: nowhere.
  std::string control() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptero::ddip
