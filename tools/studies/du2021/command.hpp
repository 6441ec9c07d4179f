#pragma once

namespace ptero::tools {

/// Parses what stands behind `ptero-ddip` and makes the figures: `ptero figures du2021` comes here, because
/// ptero-ddip alone links LibTorch. Writes du2021.md and numbers.json beside the pictures. Returns the exit
/// code.
int run_du2021_command(int argc, char** argv);

}  // namespace ptero::tools
