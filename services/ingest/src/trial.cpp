#include "trial.hpp"

#include <fstream>
#include <string>

namespace ptero::ingest {

Trial::Trial(std::filesystem::path mark) : mark_(std::move(mark)) {
  std::ifstream in(mark_);
  std::string name;
  if (std::getline(in, name)) fatal_ = name;
  in >> tries_;
}

bool Trial::begin(const std::filesystem::path& what, runtime::Alarms& alarms) {
  std::error_code none;
  const int earlier = what == fatal_ ? tries_ : 0;
  if (earlier < most_tries) {
    // Without the mark, on a disk that takes nothing, it is tried all the same.
    std::ofstream(mark_, std::ios::trunc) << what.string() << "\n" << earlier + 1 << "\n";
    return true;
  }
  fatal_.clear();
  auto aside = what;
  aside += ".put-aside";
  for (int n = 2; std::filesystem::exists(aside, none); ++n) {
    aside = what;
    aside += ".put-aside-" + std::to_string(n);
  }
  std::filesystem::rename(what, aside, none);
  std::filesystem::remove(mark_, none);
  const std::string sentence = "taking up " + what.string() +
                               " ended several processes one after the other; it is put aside as " +
                               aside.string() + ", and the next series runs: look at it with ptero rebuild";
  log_.error(sentence);
  alarms.raise("put_aside", sentence);
  return false;
}

void Trial::survived() {
  std::error_code none;
  std::filesystem::remove(mark_, none);
}

}  // namespace ptero::ingest
