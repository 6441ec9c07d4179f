#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ptero/core/error.hpp>
#include <ptero/core/secret_file.hpp>

namespace ptero {

namespace {

constexpr std::size_t longest = 4096;

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
void check_owner_only(const Descriptor& file, const std::string& path) {
  struct stat status {};
  if (fstat(file.number, &status) != 0)
    throw InputError("cannot look at the secret file " + path, std::strerror(errno));
  if (!S_ISREG(status.st_mode))
    throw InputError("the secret file " + path + " is no regular file", "", "name a file with the secret");
  if (status.st_uid != geteuid() && status.st_uid != 0)
    throw InputError("will not use the secret file " + path, "it belongs to another user",
                     "give it to the user who runs ptero: chown");
  if ((status.st_mode & 077) != 0)
    throw InputError("will not use the secret file " + path, "others than its owner can reach what is in it",
                     "take their rights away: chmod 600 " + path);
}

}  // namespace

std::string read_secret_file(const std::string& path) {
  // Without waiting, should the name be that of a pipe.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number < 0) throw InputError("cannot read the secret file " + path, std::strerror(errno));
  check_owner_only(file, path);
  std::array<char, longest + 1> buffer;
  std::string text;
  for (ssize_t n; (n = read(file.number, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(n));
    if (text.size() > longest)
      throw InputError("the secret file " + path + " is longer than 4 KiB", "", "it holds one key or token");
  }
  text = trimmed(text);
  if (text.empty())
    throw InputError("the secret file " + path + " is empty", "", "make one: ptero keygen DIR");
  return text;
}

void write_secret_file(const std::string& path, const std::string& text) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.number < 0)
    throw InputError(
        "cannot make " + path, std::strerror(errno),
        errno == EEXIST ? "secrets are never written over; choose another folder or remove it first" : "");
  if (write(file.number, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw Error("cannot write " + path, std::strerror(errno));
}

}  // namespace ptero
