#pragma once

#include "studies/study_command.hpp"

namespace ptero::tools {

/// `ptero figures roi-table`. Returns the exit code; throws InputError.
int run_roi_table(const StudyArguments& arguments);

}  // namespace ptero::tools
