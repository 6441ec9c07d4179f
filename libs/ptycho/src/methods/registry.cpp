#include <algorithm>
#include <array>
#include <ptero/core/contract.hpp>

#include "difference_map.hpp"
#include "lsqml_compact.hpp"
#include "lsqml_compact_first.hpp"
#include "lsqml_sparse.hpp"
#include "method.hpp"
#include "pie.hpp"

// A new method: its class in this folder, its word in Algorithm, a line here and in CMakeLists.txt.

namespace ptero::ptycho {

namespace {
template <class M>
std::unique_ptr<Method> make(const ReconstructionOptions& options) {
  return std::make_unique<M>(options);
}

std::unique_ptr<Method> make_lsqml(const ReconstructionOptions& options) {
  if (options.compact_first > 0) return std::make_unique<LsqmlCompactFirst>(options);
  return std::make_unique<LsqmlSparse>(options);
}

constexpr std::array<MethodEntry, 5> all{{
    {Algorithm::lsqml, "lsqml", make_lsqml},
    {Algorithm::lsqml_compact, "lsqml-compact", make<LsqmlCompact>},
    {Algorithm::rpie, "rpie", make<Pie>},
    {Algorithm::epie, "epie", make<Pie>},
    {Algorithm::difference_map, "dm", make<DifferenceMap>},
}};

const MethodEntry& entry_of(Algorithm algorithm) {
  const auto found = std::find_if(all.begin(), all.end(), [&](auto& e) { return e.algorithm == algorithm; });
  PTERO_EXPECT(found != all.end());
  return *found;
}
}  // namespace

std::span<const MethodEntry> methods() {
  return all;
}

std::unique_ptr<Method> make_method(const ReconstructionOptions& options) {
  return entry_of(options.algorithm).make(options);
}

std::string_view name_of(Algorithm algorithm) {
  return entry_of(algorithm).name;
}

std::vector<std::pair<std::string, Algorithm>> algorithm_names() {
  std::vector<std::pair<std::string, Algorithm>> names;
  for (const MethodEntry& entry : all) names.emplace_back(entry.name, entry.algorithm);
  return names;
}

void Method::specify(WorkspaceSpec&) const {}
void Method::shape(BatchOptions&) const {}
BatchShape Method::batch_shape(std::size_t) const {
  return BatchShape::sparse;
}
bool Method::measures_on_the_way() const {
  return true;
}
void Method::end_epoch(Workspace&, bool) {}
void Method::drop_directions(Workspace&, Slot) {}
void Method::slow_down(double) {}
std::vector<MomentumState> Method::momentum() const {
  return {};
}
void Method::resume(std::span<const MomentumState>) {}

}  // namespace ptero::ptycho
