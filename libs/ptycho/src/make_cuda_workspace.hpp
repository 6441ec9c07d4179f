#pragma once

#include <memory>
#include <ptero/ptycho/workspace.hpp>

namespace ptero::ptycho {

/// Throws InputError where this build or machine has no CUDA.
std::unique_ptr<Workspace> make_cuda_workspace(const WorkspaceSpec& spec);

}  // namespace ptero::ptycho
