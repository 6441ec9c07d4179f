#include <algorithm>
#include <cmath>
#include <ptero/core/error.hpp>
#include <string>

#include "reconstruction_state.hpp"

// Checkpoints, going back to them, and reconstructions of half the frames.

namespace ptero::ptycho {

namespace {
void paste(Image<Complex>& into, const Extent& whole, const Image<Complex>& part, const Extent& at) {
  for (std::size_t r = 0; r < at.shape.rows; ++r)
    std::copy_n(part.row(r).data(), at.shape.cols,
                into.row(r + static_cast<std::size_t>(at.row - whole.row)).data() + (at.col - whole.col));
}
}  // namespace

Checkpoint Reconstruction::State::checkpoint() const {
  Checkpoint out{.extent = workspace->extent(),
                 .frames = frame_states(),
                 .epochs = run.progress.epoch(),
                 .errors = run.progress.errors(),
                 .beta = run.recovery.damping(),
                 .recoveries = run.recovery.count()};
  for (std::size_t l = 0; l < workspace->spec().slices(); ++l) out.slices.push_back(workspace->object(l));
  for (std::size_t k = 0; run.started && k < workspace->spec().probes(); ++k)
    out.probes.push_back(workspace->probe(k));
  return out;
}

std::vector<MomentumState> Reconstruction::State::momentum() const {
  std::vector<MomentumState> out = run.method->momentum();
  if (!out.empty() || run.probe_momentum.active()) out.push_back(run.probe_momentum.state());
  return out;
}

void Reconstruction::State::resume_momentum(const Checkpoint& from) {
  if (from.recoveries > 0) run.slow_down();
  const std::size_t slices = run.method->momentum().size();
  if (from.momentum.size() != slices + 1) return;
  if (slices > 0) run.method->resume({from.momentum.data(), slices});
  run.probe_momentum.resume(from.momentum.back());
}

void Reconstruction::State::restore_images(const Checkpoint& from) {
  const Extent now = workspace->extent();  // it only grows
  for (std::size_t l = 0; l < from.slices.size(); ++l) {
    Image<Complex> object = fresh_object(now, l);
    if (from.extent.shape.count() > 0) paste(object, now, from.slices[l], from.extent);
    workspace->set_object(l, object);
  }
  for (std::size_t k = 0; k < from.probes.size(); ++k) workspace->set_probe(k, from.probes[k]);
}

void Reconstruction::State::restore_patterns(const Checkpoint& from) {
  for (const FrameState& state : from.frames) {
    const auto found = frames.find(state.id);
    if (found == frames.end()) continue;
    Resident& resident = found->second;
    resident.place.row = resident.place.row_start = state.position.y_m / options.pixel_m;
    resident.place.col = resident.place.col_start = state.position.x_m / options.pixel_m;
    put(resident.slot, resident.place);
    if (workspace->spec().has_weights()) workspace->set_weights(resident.slot, state.weights);
  }
}

void Reconstruction::State::resume(const Checkpoint& from) {
  PTERO_EXPECT(frames.empty() && !run.started);
  const WorkspaceSpec& spec = workspace->spec();
  const std::size_t n = spec.n;
  const auto fits_probe = [n](const Image<Complex>& p) { return p.shape() == Shape{n, n}; };
  const auto fits_slice = [&](const Image<Complex>& o) { return o.shape() == from.extent.shape; };
  const std::size_t weights = spec.has_weights() ? 1 + spec.variations : 0;
  const auto fits_frame = [&](const FrameState& f) {
    return is_finite(f.position) && f.weights.size() == weights;
  };
  const auto alike = [](const MomentumState& m) {
    return m.velocity.shape() == m.last.shape() &&
           std::all_of(m.updates.begin(), m.updates.end(),
                       [&](const Image<Complex>& u) { return u.shape() == m.last.shape(); });
  };
  if (from.slices.size() != spec.slices() || (!from.probes.empty() && from.probes.size() != spec.probes()) ||
      !std::all_of(from.probes.begin(), from.probes.end(), fits_probe) ||
      !std::all_of(from.slices.begin(), from.slices.end(), fits_slice) ||
      !std::all_of(from.frames.begin(), from.frames.end(), fits_frame) ||
      !std::all_of(from.momentum.begin(), from.momentum.end(), alike))
    throw InputError("reconstruction: the checkpoint does not fit the options",
                     std::to_string(from.slices.size()) + " slices and " +
                         std::to_string(from.probes.size()) + " probe arrays, needed are " +
                         std::to_string(spec.slices()) + " and " + std::to_string(spec.probes()) + " of " +
                         std::to_string(n) + " pixels a side",
                     "resume with the options of the interrupted run");
  // It never started: nothing is worth keeping.
  if (from.probes.empty() || from.extent.shape.count() == 0) return;
  workspace->grow(from.extent, from.slices);
  restore_images(from);
  run.first_probe = from.probes[0];
  for (const FrameState& frame : from.frames) run.expected.emplace(frame.id, frame);
  run.started = true;
  run.progress.resume(from.epochs, from.errors);
  run.batches.set_shape(run.method->batch_shape(from.epochs));
  run.recovery.resume(from.recoveries, from.beta);
  resume_momentum(from);
}

void Reconstruction::State::recover() {
  if (!run.recovery.begin()) {
    run.diverged = true;
    return;
  }
  run.progress.forget_sums();
  run.slow_down();
  const auto& good = run.recovery.good();
  if (!good) {
    for (std::size_t l = 0; l < workspace->spec().slices(); ++l)
      workspace->set_object(l, fresh_object(workspace->extent(), l));
    return start();
  }
  restore_images(*good);
  restore_patterns(*good);
  workspace->refresh_illumination(slots());
}

void Reconstruction::State::judge(double error) {
  if (!run.recovery.is_sound(error)) return recover();
  if (run.recovery.wants_state(run.progress.epoch())) run.recovery.keep(checkpoint());
}

Halves Reconstruction::State::reconstruct_halves(std::size_t epochs, const std::function<bool()>& go_on) {
  if (frames.size() < 2 || run.diverged) return {};
  if (!run.started) start();
  LsqmlOptions steps = options.lsqml;
  steps.beta = run.recovery.damping();
  const auto all = slots();  // in id order
  const Checkpoint present = checkpoint();
  Halves halves;
  bool stopped = false;
  for (const std::size_t parity : {0, 1}) {
    Batches half({.fraction = options.batch_fraction,
                  .min_size = options.min_batch,
                  .max_size = options.max_batch,
                  .seed = options.seed + parity});
    std::vector<Slot> mine;
    for (std::size_t i = parity; i < all.size(); i += 2) {
      mine.push_back(all[i]);
      half.add(all[i]);
    }
    for (std::size_t l = 0; l < present.slices.size(); ++l)
      workspace->set_object(l, fresh_object(present.extent, l));
    workspace->refresh_illumination(mine);
    for (std::size_t done = 0; done < epochs && !stopped; done += half.epoch_finished() ? 1 : 0) {
      stopped = !go_on();
      const auto batch = half.next();
      if (!batch.empty() && !stopped)
        (void)run_lsqml_batch(*workspace, batch, {.update_probe = false}, steps);
    }
    const Snapshot shot = snapshot();
    (parity == 0 ? halves.even : halves.odd) = shot.object;
    if (parity == 0) halves.coverage = shot.coverage;
    for (std::size_t i = 0; i < shot.coverage.size(); ++i)
      halves.coverage.data()[i] = std::min(halves.coverage.data()[i], shot.coverage.data()[i]);
  }
  restore_images(present);
  workspace->refresh_illumination(all);
  return stopped ? Halves{} : std::move(halves);
}

}  // namespace ptero::ptycho
