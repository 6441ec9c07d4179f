#pragma once

#include <filesystem>
#include <ptero/ddip/separation.hpp>

namespace ptero::ddip {

/// The networks of a series between one product and the next, in files beside the product, one set a run of
/// the ensemble: `ddip.state` once they were fitted to the end, `ddip.begun` while they were not.
class SavedNetworks {
 public:
  SavedNetworks(std::filesystem::path folder, std::size_t run);

  enum class Start : std::uint8_t {
    cold,   ///< nothing is there that fits
    begun,  ///< from where a fit was interrupted: no image yet
    warm,   ///< from networks that know the sample
  };
  Start restore(Separation& separation) const;

  /// Throws Error when they cannot be written; what was there stays.
  void save_finished(const Separation& separation) const;
  /// Of a fit that was interrupted. Networks that knew the sample before still do.
  void save_interrupted(const Separation& separation, Start start) const;
  /// A collapsed fit is no start for the next.
  void forget() const;

 private:
  std::filesystem::path finished_, begun_;
};

}  // namespace ptero::ddip
