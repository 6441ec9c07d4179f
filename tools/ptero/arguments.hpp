#pragma once
// What the command line says, before it meets configuration files. One struct a command.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ptero/scanfile/read_options.hpp>
#include <ptero/services/detector/stage.hpp>
#include <ptero/services/detector/steered_scan.hpp>
#include <ptero/synth/faults.hpp>
#include <ptero/synth/simulator.hpp>
#include <ptero/transport/curve_gate.hpp>

namespace ptero::tools {

/// The options that `batch` and `live` share. What is absent keeps its default or what the configuration
/// says.
struct ScanArguments {
  scanfile::ReadOptions read;
  std::optional<std::string> roi_mode;
  std::optional<double> threshold;
  std::optional<int> segments;
  std::optional<int> clusters;
  std::optional<int> border;
  bool fill_in = false;
  bool keep_dark = false;
  bool no_roi = false;                 ///< reconstruct everything
  bool roi_only = false;               ///< no reconstruction
  std::string config;                  ///< TOML file; empty: none
  std::vector<std::string> overrides;  ///< section.key=value, over the file
  std::vector<std::string> switches;   ///< the same, of switches, over both
};

struct BatchArguments {
  std::string file;
  std::string out = "ptero-out";
  bool keep_marked = false;  ///< frames that a person marked bad during the scan take part
  bool json = false;
  ScanArguments scan;
};

struct LiveArguments {
  std::optional<std::string> source;
  std::optional<std::string> positions;
  std::optional<std::string> out;
  std::optional<double> rate_hz;
  std::optional<int> dashboard_port;
  bool overwrite = false;
  bool keep_running = false;
  bool exit_at_end = false;  ///< with a dashboard, too
  bool json = false;
  synth::SimulatorOptions simulation;
  std::optional<std::string> steering;  ///< off, propose or automatic
  detector::SteeredOptions follow;      ///< how a simulated stage moves
  ScanArguments scan;
};

struct SimulateArguments {
  synth::SimulatorOptions simulation;
  std::string sample;
  std::string protocol = "native";
  std::string bind;
  double rate_hz = 200;
  Codec codec = Codec::none;
  synth::FaultRates faults;
  detector::StageOptions stage;     ///< bind empty: positions are in the frames
  detector::SteeredOptions follow;  ///< advice empty: as planned
  std::string truth;
  transport::CurveFiles curve;  ///< server_secret and allowed
  bool insecure = false;
};

struct ReplayArguments {
  std::string file;
  std::string protocol = "native";
  std::string bind;
  double rate_hz = 200;
  Codec codec = Codec::none;
  synth::FaultRates faults;
  scanfile::ReadOptions read;
  transport::CurveFiles curve;  ///< server_secret and allowed
  bool insecure = false;
};

struct OptionsArguments {
  bool markdown = false;  ///< doc/options.md, else a configuration file with every default
};

struct KeygenArguments {
  std::string folder;
};

struct CompareArguments {
  std::string image;
  std::string reference;
  bool json = false;
};

struct InspectArguments {
  std::string file;
  bool json = false;
};

struct RebuildArguments {
  std::string journal;
  std::string out;  ///< empty: raw.h5 beside the journal
  bool overwrite = false;
  bool json = false;
};

struct ExportArguments {
  std::string file;
  std::string to;
  std::string out;      ///< empty: named after the file, in the working folder
  std::string product;  ///< object and probe for layouts that need them; empty: a first guess
  bool overwrite = false;
  bool json = false;
  scanfile::ReadOptions read;
};

}  // namespace ptero::tools
