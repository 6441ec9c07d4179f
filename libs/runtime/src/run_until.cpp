#include <atomic>
#include <ptero/core/contract.hpp>
#include <ptero/runtime/run_until.hpp>
#include <stop_token>

namespace ptero::runtime {

Outcome run_until(const std::vector<Service*>& services, SignalWait& signals) {
  PTERO_EXPECT(!services.empty());
  std::stop_source ended;
  std::atomic<std::size_t> left{services.size()};
  std::optional<int> signal;
  try {
    for (Service* service : services)
      service->start([service, &ended, &left] {
        if (service->failure() || left.fetch_sub(1) == 1) ended.request_stop();
      });
    signal = signals.wait(ended.get_token());
  } catch (...) {
    // The stages refer to locals of this call.
    for (Service* service : services) service->request_stop();
    for (Service* service : services) service->join();
    throw;
  }
  for (Service* service : services) service->request_stop();
  for (Service* service : services) service->join();

  Outcome outcome;
  for (Service* service : services)
    if (!outcome.failure) outcome.failure = service->failure();
  if (signal) {
    outcome.how = Ended::signalled;
    outcome.signal = *signal;
  } else if (outcome.failure) {
    outcome.how = Ended::failed;
  }
  return outcome;
}

}  // namespace ptero::runtime
