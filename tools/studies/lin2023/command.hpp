#pragma once

#include "studies/study_command.hpp"

namespace ptero::tools {

/// `ptero figures lin2023`. Returns the exit code; throws InputError.
int run_lin2023(const StudyArguments& arguments);

}  // namespace ptero::tools
