#include <iostream>
#include <nlohmann/json.hpp>

#include <ptero/core/frame_state.hpp>
#include <ptero/spool/inspect.hpp>

#include "commands.hpp"

namespace ptero::tools {

int run_inspect(const InspectArguments& arguments) {
  const auto description = spool::describe(arguments.file);
  if (!arguments.json) {
    std::cout << description.text();
    return 0;
  }
  nlohmann::ordered_json out;
  out["kind"] = spool::name_of(description.kind);
  for (const auto& [key, value] : description.facts) out[key] = value;
  std::cout << out.dump() << "\n";
  return 0;
}

int run_ledger(const InspectArguments& arguments) {
  const auto proof = spool::prove_ledger(arguments.file);
  nlohmann::ordered_json out;
  out["sealed"] = proof.sealed;
  out["expected"] = proof.expected;
  for (FrameState state : all_frame_states) out["ledger"][std::string(name_of(state))] = proof.counted[state];
  out["holds"] = proof.faults.empty();
  out["faults"] = proof.faults;
  if (arguments.json) {
    std::cout << out.dump() << "\n";
  } else {
    for (FrameState state : all_frame_states)
      if (proof.counted[state] > 0)
        std::cout << "  " << name_of(state) << ": " << proof.counted[state] << "\n";
    std::cout << "  of " << proof.expected << " frames; " << (proof.sealed ? "sealed" : "not sealed") << "\n";
    for (const auto& fault : proof.faults) std::cout << "  " << fault << "\n";
    std::cout << (proof.faults.empty() ? "  the ledger holds\n" : "  the ledger does NOT hold\n");
  }
  return proof.faults.empty() ? 0 : 1;
}

}  // namespace ptero::tools
