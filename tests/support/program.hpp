#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/eventually.hpp"

namespace ptero::test {

/// Where the build put its executables.
inline std::filesystem::path bin() {
  return std::filesystem::path(PTERO_BIN);
}

/// A child process whose output goes to a file. Killed at the latest when this goes out of scope.
class Program {
 public:
  Program(const std::string& name, const std::vector<std::string>& arguments,
          const std::filesystem::path& log)
      : log_(log) {
    std::vector<std::string> words{(bin() / name).string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      const int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      dup2(fd, STDOUT_FILENO);
      dup2(fd, STDERR_FILENO);
      execv(argv[0], argv.data());
      _exit(127);
    }
    if (pid_ < 0) throw std::runtime_error("fork");
  }
  ~Program() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  /// Nothing where it has ended: 0 would be this test and all it started.
  void kill(int signal) const {
    if (pid_ > 0) ::kill(pid_, signal);
  }
  /// The exit code; 128 + signal when one ended it.
  int wait() {
    if (pid_ > 0) {
      int status = 0;
      waitpid(pid_, &status, 0);
      pid_ = 0;
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return code_;
  }
  /// Without waiting.
  bool ended() {
    int status = 0;
    if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return pid_ == 0;
  }
  std::string output() const {
    std::ifstream in(log_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::filesystem::path log_;
  pid_t pid_ = 0;
  int code_ = 0;
};

/// Runs a program to its end.
struct Ran {
  int code;
  std::string output;
};
inline Ran run(const std::string& name, const std::vector<std::string>& arguments,
               const std::filesystem::path& log) {
  Program program(name, arguments, log);
  const int code = program.wait();
  return {code, program.output()};
}

}  // namespace ptero::test
