#pragma once

#include <ptero/ptycho/reconstruction_options.hpp>
#include <ptero/settings/table.hpp>

namespace ptero::ptycho {

/// Every option of the solvers, declared once: see ptero/settings/about.hpp.
const settings::Table<ReconstructionOptions>& declared_options();

}  // namespace ptero::ptycho
