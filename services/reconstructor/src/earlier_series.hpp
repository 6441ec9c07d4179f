#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <ptero/core/frame.hpp>
#include <ptero/scan/solver_options.hpp>

namespace ptero::reconstructor {

/// How a product was made: whoever is asked for the same again has nothing to do.
struct ProductRecord {
  std::string series_uid;
  std::int64_t started_ns = 0;  ///< arrival of the start entry
  std::uint64_t revision = 0;   ///< the final one of the RoI set
  std::string set_hash;         ///< of that set
  std::string options;          ///< as text, see product_options
  std::string report;           ///< JSON, as it was published
  /// Frames of the set that could not be used (saturated, unreadable): the product has no trace of them.
  std::vector<FrameId> refused;

  std::string to_text() const;
  /// nullopt: no record of this build.
  static std::optional<ProductRecord> from_text(const std::string& text);
};

/// Every option that a product and its report depend on.
std::string product_options(const scan::SolverOptions& options);

/// What a worker before this one was at, for the first hello.
struct EarlierSeries {
  std::filesystem::path file;  ///< its checkpoint; the product where it had finished
  std::string series_uid;
  std::int64_t started_ns = 0;
  std::uint64_t revision = 0;
  /// It was finished: nothing is to be done while the set is the same.
  std::optional<ProductRecord> finished;
  std::vector<FrameId> holds;  ///< the frames of the product, and those that were refused
};

/// The newest checkpoint in `out` or a folder below, for what was not finished goes first; else the newest
/// product there that was made with these options. nullopt: neither.
std::optional<EarlierSeries> earlier_series(const std::filesystem::path& out,
                                            const scan::SolverOptions& options);

}  // namespace ptero::reconstructor
