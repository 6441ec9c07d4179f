#include "allow_list.hpp"

#include <algorithm>
#include <ptero/core/error.hpp>
#include <ptero/core/guarded_file.hpp>
#include <sstream>

#include "curve_text.hpp"

namespace ptero::transport {

namespace {

/// The words behind a key, up to a comment. None: all rights.
Rights rights_behind(const std::string& line, std::size_t key_length, const std::string& where) {
  Rights rights;
  std::istringstream words(line.substr(std::min(line.size(), key_length)));
  for (std::string word; words >> word && !word.starts_with('#');) {
    const auto right = right_of(word);
    if (!right)
      throw InputError("there is no right '" + word + "' in " + where, "",
                       "behind a key may stand watch, take, deliver, ask, or nothing for all of them; # and "
                       "a blank begin a comment");
    rights.add(*right);
  }
  return rights.none() ? Rights::all() : rights;
}

std::map<std::string, Rights> keys_in(const std::string& path) {
  std::map<std::string, Rights> keys;
  std::istringstream lines(read_guarded_file(path, Others::may_read));
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const std::string where = "line " + std::to_string(number) + " of " + path;
    // A '#' may be part of a key; a comment begins with one or follows a blank.
    const auto key = line.substr(0, line.find_first_of(" \t\r"));
    if (key.empty() || (key.starts_with('#') && !is_z85_key(key))) continue;
    if (!is_z85_key(key))
      throw InputError("there is no public key in " + where, "",
                       "a line begins with the 40 characters of a key, or with # and a blank");
    keys[key] = rights_behind(line, key.size(), where);
  }
  return keys;
}

}  // namespace

AllowList::AllowList(std::string path) : path_(std::move(path)) {
  // Its time before its content: what is written in between is read again.
  std::error_code ignored;
  read_at_ = std::filesystem::last_write_time(path_, ignored);
  keys_ = keys_in(path_);
}

Rights AllowList::rights_of(const std::string& key) {
  read_again_if_changed();
  const auto found = keys_.find(key);
  return found == keys_.end() ? Rights() : found->second;
}

void AllowList::read_again_if_changed() {
  std::error_code error;
  const auto written_at = std::filesystem::last_write_time(path_, error);
  if (!error && written_at == read_at_) return;
  // A list that cannot be read lets nobody in.
  keys_.clear();
  read_at_ = {};  // one that was away may come back as it was
  if (error) return;
  read_at_ = written_at;
  try {
    keys_ = keys_in(path_);
  } catch (const Error&) {
    read_at_ = {};  // somebody is writing it: looked at again the next time
  }
}

}  // namespace ptero::transport
