#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace ptero::test {

inline std::filesystem::path recorded(const std::string& name) {
  const char* folder = std::getenv("PTERO_DATA");
  return std::filesystem::path(folder != nullptr ? folder : "../shared/data") / name;
}

inline const std::string siemens = "siemens-star-aps/siemens-star-small.h5";
inline const std::string rotavirus = "rotavirus-cryo-ptycho/subscan_A_rows048-095_cols028-075_u8.h5";
inline const std::string petra = "petra-p25-nearfield/PETRAIII_P25_Near_Field_Ptycho.cxi";

}  // namespace ptero::test

#define SKIP_WITHOUT(name)                                     \
  if (!std::filesystem::exists(::ptero::test::recorded(name))) \
  GTEST_SKIP() << "no " << ::ptero::test::recorded(name) << "; set PTERO_DATA"
