#pragma once

#include <cstdint>
#include <string>

namespace ptero {

enum class Others : std::uint8_t {
  may_do_nothing,  ///< of a secret: a key, a token
  may_read,        ///< of what must not be changed by others: whom to trust
};

/// What a file holds that must not be everybody's, without the blanks around it. Throws InputError naming the
/// file, never what is in it: it cannot be read, is no regular file, belongs to somebody else than this user
/// or root, gives others more rights than `others`, is empty or longer than 64 KiB.
std::string read_guarded_file(const std::string& path, Others others);

/// Makes a new file with the rights that `others` leaves. Throws InputError: it exists already, or cannot be
/// made.
void write_guarded_file(const std::string& path, const std::string& text, Others others);

}  // namespace ptero
