#include <iostream>

#include <ptero/core/error.hpp>
#include <ptero/services/host/host.hpp>

namespace ptero::host {

int report_exception(const std::string& program, std::exception_ptr exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const InputError& error) {
    std::cerr << program << ": " << error.what() << "\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << program << ": " << error.what() << "\n";
  } catch (...) {
    std::cerr << program << ": an unknown failure\n";
  }
  return 1;
}

}  // namespace ptero::host
