#pragma once

#include <ptero/services/ingest/ledger.hpp>
#include <ptero/wire/selection.hpp>

namespace ptero::ingest {

/// The classifier's word: each id named gets its state.
void take_labels(const wire::Labels& labels, Ledger& ledger);

}  // namespace ptero::ingest
