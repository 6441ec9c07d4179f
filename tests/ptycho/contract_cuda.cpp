#include <gtest/gtest.h>

#include <ptero/core/error.hpp>

#include "backend_under_test.hpp"

namespace ptero::ptycho {
const Backend backend = Backend::cuda;

namespace {
// Without a GPU every test is skipped, with the sentence a user would read.
class NeedsDevice : public testing::Environment {
  void SetUp() override {
    try {
      make_workspace(Backend::cuda, {.n = 8});
    } catch (const InputError& error) {
      // In the words ctest looks for, or it would count them as passed.
      GTEST_SKIP() << "[  SKIPPED ] " << error.what();
    }
  }
};
[[maybe_unused]] const auto* const needs_device = testing::AddGlobalTestEnvironment(new NeedsDevice);
}  // namespace
}  // namespace ptero::ptycho
