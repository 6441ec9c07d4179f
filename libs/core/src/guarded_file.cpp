#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ptero/core/error.hpp>
#include <ptero/core/guarded_file.hpp>

namespace ptero {

namespace {

constexpr std::size_t longest = 64 * 1024;

/// Closes the file at the end of a scope.
struct Descriptor {
  explicit Descriptor(int fd) : number(fd) {}
  ~Descriptor() {
    if (number >= 0) close(number);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number;
};

std::string trimmed(const std::string& text) {
  constexpr const char* blank = " \t\r\n";
  const auto first = text.find_first_not_of(blank);
  return first == text.npos ? "" : text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// Looks at the open file, not at its name: the name may lead elsewhere a moment later.
void check_rights(const Descriptor& file, const std::string& path, Others others) {
  struct stat status {};
  if (fstat(file.number, &status) != 0) throw InputError("cannot look at " + path, std::strerror(errno));
  if (!S_ISREG(status.st_mode))
    throw InputError("cannot read a key or token from " + path, "it is no regular file");
  if (status.st_uid != geteuid() && status.st_uid != 0)
    throw InputError("will not use " + path, "it belongs to another user",
                     "give it to the user who runs ptero: chown");
  if (others == Others::may_do_nothing && (status.st_mode & 077) != 0)
    throw InputError("will not use " + path, "others than its owner can reach the secret in it",
                     "take their rights away: chmod 600 " + path);
  if ((status.st_mode & 022) != 0)
    throw InputError("will not use " + path, "others than its owner can change whom it trusts",
                     "take their rights away: chmod 644 " + path);
}

}  // namespace

std::string read_guarded_file(const std::string& path, Others others) {
  // Without waiting, should the name be that of a pipe.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number < 0) throw InputError("cannot read " + path, std::strerror(errno));
  check_rights(file, path, others);
  std::array<char, 4096> buffer;
  std::string text;
  for (ssize_t n; (n = read(file.number, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(n));
    if (text.size() > longest)
      throw InputError("cannot read keys or a token from " + path, "it is longer than 64 KiB");
  }
  text = trimmed(text);
  if (text.empty())
    throw InputError("there is nothing in " + path, "", "make keys and a token: ptero keygen DIR");
  return text;
}

void write_guarded_file(const std::string& path, const std::string& text, Others others) {
  const mode_t mode = others == Others::may_read ? 0644 : 0600;
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (file.number < 0)
    throw InputError("cannot make " + path, std::strerror(errno),
                     errno == EEXIST ? "keys are never written over: choose another folder" : "");
  if (write(file.number, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw Error("cannot write " + path, std::strerror(errno));
}

}  // namespace ptero
