#pragma once

#include <ptero/ptycho/workspace.hpp>

namespace ptero::ptycho {

/// One body of tests, one executable a backend: each links one of contract_BACKEND.cpp.
extern const Backend backend;

}  // namespace ptero::ptycho
