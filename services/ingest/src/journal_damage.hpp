#pragma once

#include <optional>
#include <string>
#include <vector>

#include <ptero/core/frame.hpp>
#include <ptero/journal/journal.hpp>
#include <ptero/services/ingest/ledger.hpp>
#include <ptero/services/ingest/rebuild.hpp>

namespace ptero::ingest {

/// What the damage in a journal cost, once its entries were read: which frames, as far as the entries around
/// each hole and the ledger tell. Frames come nearly in the order of their ids, so those that lie between the
/// neighbours of a hole and came nowhere else were in it.
std::vector<JournalDamage> damage_of(const journal::JournalReader& reader, const Ledger& ledger);

}  // namespace ptero::ingest
