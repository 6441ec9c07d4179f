#pragma once

#include "studies/study_command.hpp"

namespace ptero::tools {

/// `ptero figures steering`. Returns the exit code; throws InputError.
int run_steering_figures(const StudyArguments& arguments);

}  // namespace ptero::tools
