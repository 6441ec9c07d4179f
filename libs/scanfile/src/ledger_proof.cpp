#include <algorithm>
#include <ptero/core/error.hpp>
#include <ptero/scanfile/inspect.hpp>

#include <ptero/h5/locate.hpp>
#include "raw_layout.hpp"

namespace ptero::scanfile {

namespace {

bool came(FrameState state) {
  switch (state) {
    case FrameState::unpositioned:
    case FrameState::excluded:
    case FrameState::pending:
    case FrameState::background:
    case FrameState::selected:
      return true;
    default:
      return false;
  }
}

void compare_counts(LedgerProof& proof) {
  for (std::size_t i = 0; i < all_frame_states.size(); ++i) {
    const std::uint64_t recorded = proof.recorded.of[i];
    const std::uint64_t counted = proof.counted.of[i];
    if (recorded != counted)
      proof.faults.push_back("the ledger records " + std::to_string(recorded) + " frames " +
                             std::string(name_of(static_cast<FrameState>(i))) + ", the file holds " +
                             std::to_string(counted));
  }
}

/// A frame is in the file exactly when its state says that it came and could be used.
void compare_rows(const std::vector<std::uint8_t>& states, const std::vector<std::uint8_t>& arrived,
                  LedgerProof& proof) {
  std::uint64_t absent = 0;
  std::uint64_t unexplained = 0;
  for (std::size_t id = 0; id < std::max(states.size(), arrived.size()); ++id) {
    const auto state = id < states.size() ? static_cast<FrameState>(states[id]) : FrameState::expected;
    const bool here = id < arrived.size() && arrived[id] != 0;
    if (came(state) && !here) ++absent;
    if (!came(state) && here && state != FrameState::corrupt) ++unexplained;
  }
  if (absent > 0) proof.faults.push_back(std::to_string(absent) + " frames have a state but no data");
  if (unexplained > 0)
    proof.faults.push_back(std::to_string(unexplained) +
                           " frames have data but count as expected, missing or not taken");
}

}  // namespace

std::optional<std::string> sealed_series(const std::filesystem::path& path) {
  const h5::Source source{h5::open_file(path), path.string()};
  if (h5::read_first<std::uint8_t>(source.open(raw::sealed)) == 0) return std::nullopt;
  const h5::Id group(H5Gopen2(source.file, raw::group, H5P_DEFAULT));
  return h5::text_attribute(group, "series_uid");
}

namespace {

void count_reasons(const std::vector<std::uint8_t>& states, const std::vector<std::uint8_t>& reasons,
                   LedgerProof& proof) {
  for (std::size_t id = 0; id < std::min(states.size(), reasons.size()); ++id) {
    if (reasons[id] == 0) continue;
    const auto state = static_cast<FrameState>(states[id]);
    const std::string_view name = reason_name(state, reasons[id]);
    if (name.empty())
      proof.faults.push_back("frame " + std::to_string(id) + " has the reason " +
                             std::to_string(reasons[id]) + ", which its state does not have");
    else
      ++proof.reasons[{state, std::string(name)}];
  }
}

}  // namespace

LedgerProof prove_ledger(const std::filesystem::path& path) {
  const h5::Source source{h5::open_file(path), path.string()};
  if (!h5::exists(source.file, raw::group))
    throw InputError(path.string() + " holds no ledger", {}, "only raw files written by ptero do");
  const auto states = h5::read<std::uint8_t>(source.open(raw::ledger_state));
  const auto arrived = h5::read<std::uint8_t>(source.open(raw::frame_arrived));
  const auto counts = h5::read<std::uint64_t>(source.open(raw::ledger_counts));
  const h5::Id group(H5Gopen2(source.file, raw::group, H5P_DEFAULT));
  const auto announced = h5::number_attribute(group, "n_expected");

  LedgerProof proof;
  proof.sealed = h5::read_first<std::uint8_t>(source.open(raw::sealed)) != 0;
  std::copy_n(counts.begin(), std::min(counts.size(), all_frame_states.size()), proof.recorded.of.begin());
  proof.expected = std::max(states.size(), arrived.size());
  if (announced) proof.expected = std::max(proof.expected, static_cast<std::uint64_t>(*announced));
  for (const std::uint8_t state : states)
    if (state < all_frame_states.size())
      ++proof.counted.of[state];
    else
      proof.faults.push_back("a frame has the unknown state " + std::to_string(state));
  count_reasons(states, h5::read<std::uint8_t>(source.open(raw::ledger_reason)), proof);
  // A file of millions of announced frames that were never taken does not say so of each.
  proof.counted[proof.sealed ? FrameState::not_taken : FrameState::expected] +=
      proof.expected - std::min<std::uint64_t>(proof.expected, states.size());
  if (proof.sealed)
    compare_counts(proof);
  else
    proof.faults.push_back("the file is not sealed: the series is running, or its writer was killed");
  compare_rows(states, arrived, proof);
  return proof;
}

}  // namespace ptero::scanfile
