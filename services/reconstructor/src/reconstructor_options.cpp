#include <ptero/services/reconstructor/reconstructor.hpp>

#include <ptero/config/declared.hpp>
#include <ptero/transport/link_producer.hpp>

namespace ptero::reconstructor {

const settings::Table<ReconstructorOptions>& ReconstructorOptions::declared() {
  using R = ReconstructorOptions;
  constexpr auto other = settings::Touches::nothing;
  static const auto table =
      settings::Table<R>()
          .nested(&R::solver, scan::SolverOptions::declared())
          .option("selection_link", &R::selection_link,
                  {.help = "the classifier's, to connect to", .unit = "ENDPOINT", .touches = other})
          .option("events", &R::events,
                  {.help = "bound: what is published", .unit = "ENDPOINT", .touches = other})
          .option("control", &R::control,
                  {.help = "bound: where people stop, go on and begin anew; empty: nobody can",
                   .unit = "ENDPOINT",
                   .touches = other})
          .option("name", &R::name, {.help = "its name on the selection link", .touches = other})
          .option("out", &R::out, {.help = "folder of the results", .unit = "DIR", .touches = other})
          .option("folder_per_series", &R::folder_per_series,
                  {.help = "a folder in it for each series", .touches = other})
          .option("credit", &R::credit,
                  {.help = "frames in flight on the selection link",
                   .unit = "frames",
                   .low = 1,
                   .high = transport::max_link_credit,
                   .touches = other})
          .option("queue_bytes", &R::queue_bytes,
                  {.help = "received and not yet taken in",
                   .unit = "bytes",
                   .low = 1 << 20,
                   .high = static_cast<double>(std::size_t{1} << 40),
                   .touches = other})
          .option("lag_frames", &R::lag_frames,
                  {.help = "behind the classifier by half of it: snapshots come more seldom",
                   .unit = "frames",
                   .low = 1,
                   .high = 1e9,
                   .touches = other})
          .option("snapshot_every_s", &R::snapshot_every_s,
                  {.help = "between two pictures", .unit = "s", .low = 0.01, .high = 3600, .touches = other})
          .option("checkpoint_every_s", &R::checkpoint_every_s,
                  {.help = "what a restart after a kill goes on from; 0: none is kept",
                   .unit = "s",
                   .low = 0,
                   .high = 86400,
                   .touches = other})
          .option("min_frames", &R::min_frames,
                  {.help = "iterate once so many are in, or no more will come",
                   .unit = "frames",
                   .low = 1,
                   .high = 1e6,
                   .touches = other})
          .option("insecure", &R::insecure,
                  {.help = "bind addresses that other machines can reach", .touches = other})
          .complete();
  return table;
}

ReconstructorOptions ReconstructorOptions::from(const config::Section& section) {
  ReconstructorOptions o;
  config::read_declared(section, declared(), o);
  o.solver = scan::SolverOptions::from(section);
  if (o.name.empty()) throw section.error("name", "is empty", "give one, or leave the key out");
  return o;
}

}  // namespace ptero::reconstructor
