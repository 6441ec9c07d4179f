#pragma once
// Contracts for our own bugs. Input from the world is never checked with these: it gets a Result or an Error.

#include <stdexcept>

namespace ptero {

/// A broken contract: a bug in ptero, never a user's mistake.
class ContractViolation : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void contract_failed(const char* kind, const char* condition, const char* file, int line);

}  // namespace ptero

#define PTERO_CONTRACT_(kind, condition) \
  ((condition) ? void(0) : ::ptero::contract_failed(kind, #condition, __FILE__, __LINE__))
/// The caller kept its side.
#define PTERO_EXPECT(condition) PTERO_CONTRACT_("expected", condition)
/// Something believed in the middle of a function.
#define PTERO_ASSERT(condition) PTERO_CONTRACT_("asserted", condition)
/// What a function promises on return.
#define PTERO_ENSURE(condition) PTERO_CONTRACT_("ensured", condition)
