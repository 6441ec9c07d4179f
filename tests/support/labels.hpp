#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <ptero/core/frame.hpp>

namespace ptero::test {

/// frame -> label, of a roi.csv
inline std::map<FrameId, std::string> labels_in(const std::filesystem::path& csv) {
  std::map<FrameId, std::string> labels;
  std::ifstream in(csv);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line))
    labels[std::stoull(line.substr(0, line.find(',')))] = line.substr(line.rfind(',') + 1);
  return labels;
}

}  // namespace ptero::test
