#include "backend_under_test.hpp"

namespace ptero::ptycho {
const Backend backend = Backend::cpu;
}
