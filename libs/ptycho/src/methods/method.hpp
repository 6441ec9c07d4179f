#pragma once

#include <memory>
#include <ptero/ptycho/lsqml.hpp>
#include <ptero/ptycho/reconstruction.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "../batches.hpp"

namespace ptero::ptycho {

/// What moves in a batch.
struct BatchPlan {
  bool update_probe = true;
  bool pattern_equations = false;  ///< leave them with the workspace
  bool ends_epoch = false;
  std::size_t epoch = 0;
};

/// A way to iterate: what it asks of the workspace, how it draws batches, what one batch does, and the end of
/// an epoch. What it has gathered (momentum, steps) is its own; a reconstruction that begins anew makes a new
/// one. For one thread.
class Method {
 public:
  virtual ~Method() = default;

  /// Changes the general specification to what this method needs.
  virtual void specify(WorkspaceSpec& spec) const;
  /// Changes the general way to draw batches.
  virtual void shape(BatchOptions& batches) const;
  /// How they lie in this epoch.
  virtual BatchShape batch_shape(std::size_t epoch) const;

  /// One batch, not empty, each slot at most once.
  virtual BatchOutcome run(Workspace& workspace, std::span<const Slot> batch, const BatchPlan& plan) = 0;
  /// The sums of an epoch's batches say how well the object fits.
  virtual bool measures_on_the_way() const;
  /// An epoch ended. improving: the error has not grown lately.
  virtual void end_epoch(Workspace& workspace, bool improving);
  /// Nothing of a batch waits in the workspace any more; there is at least one pattern, `any`.
  virtual void drop_directions(Workspace& workspace, Slot any);

  /// It diverged: smaller steps from now on, and nothing gathered.
  virtual void slow_down(double damping);
  /// What has gathered in each slice; empty where nothing does.
  virtual std::vector<MomentumState> momentum() const;
  virtual void resume(std::span<const MomentumState> momentum);
};

/// A method's name, and how it is made; `slices` of the object.
struct MethodEntry {
  Algorithm algorithm;
  std::string_view name;
  std::unique_ptr<Method> (*make)(const ReconstructionOptions& options);
};

/// All there are: see registry.cpp.
std::span<const MethodEntry> methods();
std::unique_ptr<Method> make_method(const ReconstructionOptions& options);

}  // namespace ptero::ptycho
