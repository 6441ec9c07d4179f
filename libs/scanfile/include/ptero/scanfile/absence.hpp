#pragma once

#include <cstdint>
#include <string_view>

namespace ptero::scanfile {

/// Why a file does not hold a frame that it has a row for.
enum class Absence : std::uint8_t {
  none,         ///< it holds the frame
  never_came,   ///< a raw file of ptero: the frame did not reach it
  not_written,  ///< the writer made room for the frame and never filled it
  source_gone,  ///< the frame lies in another file, which is not there
};

/// For people: "not written".
std::string_view words_of(Absence absence);

}  // namespace ptero::scanfile
