// One physical scan, written by an independent writer in random combinations of what formats allow: the
// command line makes the right picture of each, refuses it, or warns. None is wrong in silence.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <ptero/core/error.hpp>
#include <set>
#include <sstream>

#include "picture.hpp"
#include "reading.hpp"
#include "support/program.hpp"
#include "support/python.hpp"
#include "support/scratch.hpp"

namespace ptero::conventions {
namespace {

using nlohmann::json;
using std::filesystem::path;

/// Enough to tell a right picture from a wrong one.
const std::vector<std::string> quickly = {"--no-roi", "--epochs=25", "--frc-epochs=0"};

/// Of what is special in a file that is read right; any other warning about a right picture is a false alarm.
const std::set<std::string> justified = {"basis_vectors",         "energy_without_unit", "file_gone",
                                         "files_at_the_end_gone", "flagged_pixels",      "frames_not_written",
                                         "frames_source_gone",    "mask_inverted",       "mask_not_used",
                                         "numbers_from_one",      "source_energy",       "unpositioned",
                                         "numbers_from_elsewhere"};

struct Outcome {
  int code = 0;
  std::vector<std::string> sentences;  ///< of a refusal or of warnings
  std::vector<std::string> codes;      ///< of warnings
};

/// What `ptero batch` makes of a case, with what it says.
Outcome run_batch(const json& c, const path& folder) {
  std::vector<std::string> words{"batch", c["file"].get<std::string>(), "--out", (folder / "out").string()};
  for (const auto& word : c["arguments"]) words.push_back(word.get<std::string>());
  words.insert(words.end(), quickly.begin(), quickly.end());
  const auto ran = test::run("ptero", words, folder / "log");
  Outcome outcome{.code = ran.code, .sentences = {}, .codes = {}};
  if (ran.code != 0) {
    std::istringstream lines(ran.output);
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("ptero: ")) outcome.sentences.push_back(line);
    return outcome;
  }
  const auto report = json::parse(test::slurp(folder / "out" / "report.json"));
  for (const auto& warning : report["warnings"]) {
    outcome.codes.push_back(warning["code"]);
    outcome.sentences.push_back(warning["sentence"]);
  }
  return outcome;
}

/// Whether the sentences speak of what is special about the case.
bool speak_of_it(const std::vector<std::string>& sentences, const json& said) {
  for (const auto& words : said)
    for (const auto& word : words)
      for (const auto& sentence : sentences)
        if (sentence.find(word.get<std::string>()) != sentence.npos) return true;
  return false;
}

std::string joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const auto& sentence : sentences) text += "\n    " + sentence;
  return text;
}

class Trial {
 public:
  Trial(const Truth& truth, const Agreement& sound) : truth_(truth), sound_(sound) {}

  /// One line where a case did not end as it may.
  std::string try_case(const json& c, const path& folder) {
    const Expected expected(c["expect"]);
    const Outcome outcome = run_batch(c, folder);
    std::string why;
    const std::string how = judge(c, expected, outcome, folder, why);
    ++outcomes[how];
    for (const auto& code : outcome.codes) ++warnings[code];
    const bool fine = how.starts_with("right") || how == "refused" || how == "wrong, and a warning says it";
    return fine ? "" : how + ": " + why + joined(outcome.sentences) + "\n    " + c.dump();
  }

  std::map<std::string, std::size_t> outcomes, warnings;

 private:
  const Truth& truth_;
  const Agreement& sound_;

  std::string judge(const json& c, const Expected& expected, const Outcome& outcome, const path& folder,
                    std::string& why) const {
    const bool said = speak_of_it(outcome.sentences, c["said"]);
    if (outcome.code != 0) {
      why = "exit code " + std::to_string(outcome.code);
      if (outcome.code > 2 || outcome.sentences.size() != 1) return "failed without one sentence";
      return said ? "refused" : "refused without need";
    }
    why = difference_of_picture(agreement_of(folder / "out", truth_, expected), sound_, truth_, expected);
    try {
      if (why.empty()) why = difference_of_reading(truth_, expected, c["file"], options_of(c["options"]));
    } catch (const InputError& error) {
      why = error.what();
    }
    const auto needless = [](const std::string& code) { return !justified.contains(code); };
    if (why.empty() && std::any_of(outcome.codes.begin(), outcome.codes.end(), needless))
      return "false alarm";
    if (why.empty()) return outcome.sentences.empty() ? "right" : "right, with a warning";
    return said ? "wrong, and a warning says it" : "wrong in silence";
  }
};

json case_in(const path& folder) {
  return json::parse(test::slurp(folder / "case.json"));
}

Agreement sound_picture(const path& folder, const Truth& truth) {
  const json c = case_in(folder);
  EXPECT_EQ(run_batch(c, folder).code, 0);
  const auto sound = agreement_of(folder / "out", truth, Expected(c["expect"]));
  EXPECT_GT(sound.as_it_is(), 0.85);
  EXPECT_LT(sound.best_turned(), 0.6);
  return sound;
}

void print(const std::map<std::string, std::size_t>& counts, const std::string& title) {
  std::cout << title << "\n";
  for (const auto& [what, n] : counts) std::cout << "  " << what << ": " << n << "\n";
}

/// stop: at the first case that fails.
void run_cases(std::uint64_t seed, std::size_t first, std::size_t count, bool stop) {
  test::Scratch scratch;
  std::optional<Truth> truth;
  std::optional<Agreement> sound;
  std::optional<Trial> trial;
  constexpr std::size_t batch = 50;
  for (std::size_t from = first; from < first + count; from += batch) {
    const path folder = scratch / std::to_string(from);
    std::filesystem::create_directory(folder);
    const std::size_t size = std::min(batch, first + count - from);
    const std::string command = "/usr/bin/python3 -B " PTERO_GENERATOR " " + std::to_string(seed) + " " +
                                std::to_string(from) + " " + std::to_string(size) + " '" + folder.string() +
                                "'";
    ASSERT_EQ(std::system(command.c_str()), 0);
    if (!trial) {
      truth.emplace(json::parse(test::slurp(folder / "truth.json")));
      sound = sound_picture(folder / "sound", *truth);
      trial.emplace(*truth, *sound);
    }
    for (std::size_t k = from; k < from + size; ++k) {
      const path one = folder / std::to_string(k);
      const auto failure = trial->try_case(case_in(one), one);
      if (failure.empty()) continue;
      ADD_FAILURE() << "case " << k << " " << failure;
      if (stop) return;
    }
    std::filesystem::remove_all(folder);
  }
  print(trial->outcomes, "outcomes");
  print(trial->warnings, "warnings");
  // A reader that refuses everything would be silent about nothing.
  EXPECT_GT(trial->outcomes["right"] + trial->outcomes["right, with a warning"], count * 4 / 5);
  EXPECT_GE(trial->warnings.size(), 5u);
}

std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::stoull(text) : otherwise;
}

/// PTERO_CONVENTIONS: how many; PTERO_FULL: 2,000; PTERO_CONVENTIONS_SEED and PTERO_CONVENTIONS_FIRST: which.
TEST(Conventions, EachCombinationGivesTheRightPictureOrIsSaid) {
  SKIP_WITHOUT_H5PY();
  const bool full = std::getenv("PTERO_FULL") != nullptr;
  run_cases(number_in("PTERO_CONVENTIONS_SEED", 20), number_in("PTERO_CONVENTIONS_FIRST", 0),
            number_in("PTERO_CONVENTIONS", full ? 2000 : 200),
            std::getenv("PTERO_CONVENTIONS_STOP") != nullptr);
}

}  // namespace
}  // namespace ptero::conventions
