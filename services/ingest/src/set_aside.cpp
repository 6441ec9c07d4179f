#include "set_aside.hpp"

#include <algorithm>
#include <utility>

#include <ptero/core/error.hpp>

#include "entry_parts.hpp"

namespace ptero::ingest {

SetAside::SetAside(const IngestOptions& options, telemetry::Metrics& metrics)
    : file_(std::filesystem::path(options.out) / file_name),
      most_bytes_(options.set_aside_bytes),
      counters_(metrics.counters("ptero_ingest_set_aside_total", {telemetry::names_of(all_asides)})),
      not_kept_(metrics.counter("ptero_ingest_set_aside_not_kept_total")) {}

void SetAside::put(Aside why, const Arrival& arrival, Keep keep) {
  counters_.add(name_of(why));
  if (keep == Keep::count_alone) return;
  try {
    write(arrival);
  } catch (const Error& error) {
    // The file comes last: what belongs to a series has the disk first.
    not_kept_.add();
    writer_.reset();
    if (!std::exchange(told_, true))
      log_.warning("what belongs to no series is not kept",
                   {{"file", file_.string()}, {"why", error.what()}});
  }
}

void SetAside::write(const Arrival& arrival) {
  if (!writer_) {
    std::error_code said_by_the_writer;
    std::filesystem::create_directories(file_.parent_path(), said_by_the_writer);
    writer_.emplace(file_, "set-aside", journal::OpenMode::resume);
  }
  std::size_t bytes = 0;
  for (const Bytes& part : arrival.raw) bytes += part.size();
  if (writer_->bytes() + bytes > most_bytes_) {
    not_kept_.add();
    if (!std::exchange(told_, true))
      log_.warning("what belongs to no series is not kept any more: its file is full",
                   {{"file", file_.string()}, {"set_aside_bytes", most_bytes_}});
    return;
  }
  // A message of very many parts becomes several entries.
  for (std::size_t first = 0; first < arrival.raw.size(); first += most_entry_parts) {
    Parts entry{wire::encode(wire::Received{.t_arrival_ns = arrival.t_arrival_ns})};
    const auto last = std::min(arrival.raw.size(), first + most_entry_parts);
    entry.insert(entry.end(), arrival.raw.begin() + static_cast<std::ptrdiff_t>(first),
                 arrival.raw.begin() + static_cast<std::ptrdiff_t>(last));
    writer_->append(entry);
  }
}

}  // namespace ptero::ingest
