#include "saved_networks.hpp"

#include <fstream>
#include <ptero/core/error.hpp>

namespace ptero::ddip {

namespace fs = std::filesystem;

namespace {

bool read(Separation& separation, const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return false;
  try {
    separation.restore(in);
    return true;
  } catch (const InputError&) {
    return false;  // of another shape: the scan has grown
  }
}

/// The temporary name first, so that a file is old or new, never half.
void write(const Separation& separation, const fs::path& path) {
  const fs::path half = path.string() + ".part";
  std::ofstream out(half, std::ios::binary);
  if (!out) throw Error("cannot write " + half.string());
  separation.save(out);
  out.close();
  if (!out) throw Error("cannot write " + half.string());
  fs::rename(half, path);
}

}  // namespace

SavedNetworks::SavedNetworks(fs::path folder, std::size_t run) {
  const std::string number = run == 0 ? "" : "." + std::to_string(run + 1);
  finished_ = folder / ("ddip" + number + ".state");
  begun_ = folder / ("ddip" + number + ".begun");
}

SavedNetworks::Start SavedNetworks::restore(Separation& separation) const {
  if (read(separation, finished_)) return Start::warm;
  return read(separation, begun_) ? Start::begun : Start::cold;
}

void SavedNetworks::save_finished(const Separation& separation) const {
  write(separation, finished_);
  fs::remove(begun_);
}

void SavedNetworks::save_interrupted(const Separation& separation, Start start) const {
  write(separation, start == Start::warm ? finished_ : begun_);
}

void SavedNetworks::forget() const {
  fs::remove(finished_);
  fs::remove(begun_);
}

}  // namespace ptero::ddip
