#pragma once

#include <map>
#include <string>
#include <vector>

#include <ptero/core/bytes.hpp>
#include <ptero/product/product.hpp>
#include <ptero/ptycho/reconstruction.hpp>
#include <ptero/wire/events.hpp>

namespace ptero::reconstructor {

/// All that speaks against an image that iterations have just made, else the one word.
std::vector<wire::Finding> verdict_of(const ptycho::Snapshot& snapshot);
/// The same as a report has it; nothing where it has none.
std::vector<wire::Finding> verdict_in(const std::string& report);

/// The `snapshot` event, proto/events.md: header and pictures.
Parts snapshot_event(const std::string& uid, const ptycho::Snapshot& snapshot,
                     std::vector<wire::Finding> verdict, double amplitude_error, double age_ms);
/// The `probe` event: header and modes.
Parts probe_event(const std::string& uid, const ptycho::Snapshot& snapshot);

/// The `positions` event: columns of the frames that are in the snapshot and in `nominal`, where they came
/// from.
Parts positions_event(const std::string& uid, const ptycho::Snapshot& snapshot,
                      const std::map<FrameId, Position>& nominal);

/// What a product shows of itself, and its report of its noise; nothing of its patterns but how many there
/// are.
ptycho::Snapshot shown_by(const product::Product& product, const std::string& report);

}  // namespace ptero::reconstructor
