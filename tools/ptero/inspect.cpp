#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include <ptero/core/frame_state.hpp>
#include <ptero/image/png.hpp>
#include <ptero/image/tiff.hpp>
#include <ptero/scanfile/inspect.hpp>
#include <ptero/services/ingest/rebuild.hpp>

#include "ptero/commands.hpp"

namespace ptero::tools {

namespace {

/// Numbers as numbers, their unit in the key: "energy_ev": 8800.
struct AsJson {
  using Json = nlohmann::ordered_json;
  Json operator()(std::monostate) const { return nullptr; }
  Json operator()(Shape shape) const { return {shape.rows, shape.cols}; }
  Json operator()(const auto& value) const { return value; }
};

std::string json_key(const scanfile::Fact& fact) {
  std::string unit = fact.unit;
  std::transform(unit.begin(), unit.end(), unit.begin(), [](unsigned char c) { return std::tolower(c); });
  return unit.empty() ? fact.key : fact.key + "_" + unit;
}

/// What a picture says of itself.
void add_notes(scanfile::Description& description, const image::Notes& notes) {
  for (const auto& [name, text] : notes) {
    std::string key = name.empty() ? "description" : name;
    std::replace(key.begin(), key.end(), ' ', '_');
    description.facts.push_back({std::move(key), text});
  }
}

scanfile::Description describe(const std::string& file) {
  // A PNG is no scan; its notes are all there is to say.
  if (std::filesystem::path(file).extension() == ".png") {
    scanfile::Description description{.kind = scanfile::FileKind::png};
    description.facts.push_back({"picture", image::read_png(file).shape()});
    add_notes(description, image::read_png_notes(file));
    return description;
  }
  auto description = scanfile::describe(file);
  if (description.kind == scanfile::FileKind::tiff) add_notes(description, image::read_tiff_notes(file));
  return description;
}

}  // namespace

int run_inspect(const InspectArguments& arguments) {
  const auto description = describe(arguments.file);
  if (!arguments.json) {
    std::cout << description.text();
    return 0;
  }
  nlohmann::ordered_json out;
  out["kind"] = scanfile::name_of(description.kind);
  for (const auto& fact : description.facts) out[json_key(fact)] = std::visit(AsJson{}, fact.value);
  for (const auto& dataset : description.datasets)
    out["datasets"][dataset.path] = {{"shape", dataset.shape}, {"dtype", dataset.dtype}};
  std::cout << out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  return 0;
}

namespace {

nlohmann::ordered_json by_name(const LedgerCounts& counts) {
  nlohmann::ordered_json out;
  for (FrameState state : all_frame_states) out[std::string(name_of(state))] = counts[state];
  return out;
}

void print(const LedgerCounts& counts,
           const std::map<std::pair<FrameState, std::string>, std::uint64_t>& reasons) {
  for (FrameState state : all_frame_states) {
    if (counts[state] == 0) continue;
    std::cout << "  " << name_of(state) << ": " << counts[state];
    std::string why;
    for (const auto& [key, count] : reasons)
      if (key.first == state) why += (why.empty() ? " (" : ", ") + key.second + " " + std::to_string(count);
    std::cout << (why.empty() ? "" : why + ")") << "\n";
  }
}

nlohmann::ordered_json account_json(const ingest::JournalAccount& account) {
  auto damage = nlohmann::ordered_json::array();
  for (const auto& one : account.damage)
    damage.push_back({{"first_byte", one.hole.first_byte},
                      {"bytes", one.hole.bytes},
                      {"first_entry", one.hole.first_sequence},
                      {"entries", one.hole.entries},
                      {"frames", one.frames},
                      {"sentence", one.sentence}});
  return {{"uid", account.series_uid},
          {"entries", account.entries},
          {"ended", account.ended},
          {"unfinished_bytes", account.cut_bytes},
          {"start_is_lost", account.start_is_lost},
          {"damage", std::move(damage)},
          {"ledger", by_name(account.ledger)}};
}

/// What the disk did not give back; nothing where it gave everything.
void print_damage(const ingest::JournalAccount& account) {
  for (const auto& damage : account.damage) std::cout << "  damaged: " << damage.sentence << "\n";
  if (account.start_is_lost)
    std::cout
        << "  damaged: the start of the series is lost; wavelength, distance and scan plan are not known\n";
  if (account.cut_bytes > 0)
    std::cout << "  " << account.cut_bytes
              << " bytes behind the last whole entry are left out: an entry that was not written to its end, "
                 "or damage\n";
}

/// A journal knows no labels and no counts to compare with: its ledger is what its entries give.
int ledger_of_journal(const InspectArguments& arguments) {
  const auto account = ingest::read_account(arguments.file);
  if (arguments.json) {
    std::cout << account_json(account).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
    return account.damage.empty() ? 0 : 1;
  }
  print(account.ledger, {});
  std::cout << "  of " << account.ledger.total() << " frames in " << account.entries << " entries; "
            << (account.ended ? "the series ended" : "the series did not end") << "\n";
  print_damage(account);
  return account.damage.empty() ? 0 : 1;
}

}  // namespace

int run_rebuild(const RebuildArguments& arguments) {
  const std::filesystem::path journal = arguments.journal;
  const auto raw =
      arguments.out.empty() ? journal.parent_path() / "raw.h5" : std::filesystem::path(arguments.out);
  const auto account = ingest::rebuild(
      journal, raw, arguments.overwrite ? ingest::Existing::replace : ingest::Existing::refuse);
  if (arguments.json) {
    auto out = account_json(account);
    out["raw_file"] = raw.string();
    out["refused"] = account.refused;
    std::cout << out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  } else {
    print(account.ledger, {});
    std::cout << "  of " << account.ledger.total() << " frames; wrote " << raw.string() << "\n";
    print_damage(account);
    if (account.refused > 0)
      std::cout << "  " << account.refused << " frames do not fit the raw file and are in the journal only\n";
  }
  return account.refused == 0 && account.damage.empty() ? 0 : 1;
}

int run_ledger(const InspectArguments& arguments) {
  if (scanfile::is_journal(arguments.file)) return ledger_of_journal(arguments);
  const auto proof = scanfile::prove_ledger(arguments.file);
  nlohmann::ordered_json out;
  out["sealed"] = proof.sealed;
  out["expected"] = proof.expected;
  out["ledger"] = by_name(proof.counted);
  for (const auto& [key, count] : proof.reasons)
    out["reasons"][std::string(name_of(key.first))][key.second] = count;
  out["holds"] = proof.faults.empty();
  out["faults"] = proof.faults;
  if (arguments.json) {
    std::cout << out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  } else {
    print(proof.counted, proof.reasons);
    std::cout << "  of " << proof.expected << " frames; " << (proof.sealed ? "sealed" : "not sealed") << "\n";
    for (const auto& fault : proof.faults) std::cout << "  " << fault << "\n";
    std::cout << (proof.faults.empty() ? "  the ledger holds\n" : "  the ledger does NOT hold\n");
  }
  return proof.faults.empty() ? 0 : 1;
}

}  // namespace ptero::tools
