#pragma once

#include <map>
#include <string>

#include <ptero/core/bytes.hpp>
#include <ptero/product/product.hpp>
#include <ptero/ptycho/reconstruction.hpp>

namespace ptero::reconstructor {

/// The `snapshot` event, proto/events.md: header and pictures.
Parts snapshot_event(const std::string& uid, const ptycho::Snapshot& snapshot, double amplitude_error,
                     double age_ms);
/// The `probe` event: header and modes.
Parts probe_event(const std::string& uid, const ptycho::Snapshot& snapshot);

/// The `positions` event: columns of the frames that are in the snapshot and in `nominal`, where they came
/// from.
Parts positions_event(const std::string& uid, const ptycho::Snapshot& snapshot,
                      const std::map<FrameId, Position>& nominal);

/// What a product shows of itself; nothing of its patterns but how many there are.
ptycho::Snapshot shown_by(const product::Product& product);

}  // namespace ptero::reconstructor
