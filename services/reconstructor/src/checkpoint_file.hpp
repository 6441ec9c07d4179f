#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <ptero/core/bytes.hpp>
#include <ptero/ptycho/reconstruction.hpp>
#include <ptero/scan/solver_options.hpp>

namespace ptero::reconstructor {

/// Which series and which options a checkpoint belongs to: with anything else it means nothing.
struct CheckpointOwner {
  std::string series_uid;
  std::int64_t started_ns = 0;  ///< arrival of the start entry
  Parts start;                  ///< the series' start entry as the selection link gave it
  std::string options;          ///< as text, see checkpoint_options
};

/// What a worker that was killed goes on from: all but the patterns, which are sent again.
struct WorkerCheckpoint {
  std::uint64_t revision = 0;                  ///< of the RoI set
  std::optional<std::size_t> epochs_at_final;  ///< when the selection became final, where it has
  std::uint64_t patterns_run = 0;
  double seconds = 0;
  ptycho::Checkpoint state;
};

/// What a hello says of a checkpoint.
struct CheckpointHead {
  std::string series_uid;
  std::int64_t started_ns = 0;
  std::uint64_t revision = 0;
};

inline constexpr const char* checkpoint_name = "reconstruction.checkpoint";

/// The options that a checkpoint depends on: where it ends, how many threads and which backend it runs on,
/// and what is only reported do not count.
std::string checkpoint_options(const scan::SolverOptions& options);

/// Writes proto/reconstruction_checkpoint.md beside the name, syncs and renames it. Throws Error.
void write_checkpoint(const std::filesystem::path& path, const CheckpointOwner& owner,
                      const WorkerCheckpoint& checkpoint);

/// Throws Error saying why it is of no use: another series, other options, damage.
WorkerCheckpoint read_checkpoint(const std::filesystem::path& path, const CheckpointOwner& owner);

/// nullopt: it cannot be read.
std::optional<CheckpointHead> read_head(const std::filesystem::path& path);

}  // namespace ptero::reconstructor
