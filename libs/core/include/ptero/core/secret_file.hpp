#pragma once

#include <string>

namespace ptero {

/// What a file with a secret (a key, a token) holds, without the blanks around it. Throws InputError naming
/// the file, never what is in it: it cannot be read, is no regular file, belongs to somebody else than this
/// user or root, can be read or written by anybody but its owner, is empty or longer than 4 KiB.
std::string read_secret_file(const std::string& path);

/// Makes a new file that only its owner can read. Throws InputError: it exists already, or cannot be made.
void write_secret_file(const std::string& path, const std::string& text);

}  // namespace ptero
