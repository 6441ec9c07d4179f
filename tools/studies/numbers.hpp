#pragma once
// The numbers of [Lin23] beside ours.

#include <optional>
#include <string>
#include <vector>

namespace ptero::tools {

struct FigureNumber {
  std::string figure;           ///< where the paper says it: "fig. 10", "text"
  std::string name;             ///< what it is, with its unit
  std::optional<double> paper;  ///< absent: the paper shows it without a number
  std::optional<double> ours;   ///< absent: does not apply to what was run
  std::string note;             ///< why they differ, how ours was measured; may be empty
};

/// In the order in which they were added.
class FigureNumbers {
 public:
  void add(FigureNumber number) { numbers_.push_back(std::move(number)); }
  /// A sentence on what was made smaller or shorter than in the paper.
  void reduced(std::string sentence) { reduced_.push_back(std::move(sentence)); }

  /// The first of this name; nullopt where there is none or it has no value of ours.
  std::optional<double> ours(const std::string& name) const;
  const std::vector<FigureNumber>& all() const { return numbers_; }

  /// {"numbers": [{figure, name, paper, ours, note}], "reduced": [...]}.
  std::string json() const;
  /// A table of two columns of figures for the terminal, and what was reduced.
  std::string text() const;

 private:
  std::vector<FigureNumber> numbers_;
  std::vector<std::string> reduced_;
};

}  // namespace ptero::tools
