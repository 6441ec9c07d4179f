#pragma once

#include "studies/study_command.hpp"

namespace ptero::tools {

/// `ptero figures roi-churn`. Returns the exit code; throws InputError.
int run_roi_churn(const StudyArguments& arguments);

}  // namespace ptero::tools
