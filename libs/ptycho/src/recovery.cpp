#include <algorithm>
#include <cmath>
#include <ptero/core/error.hpp>
#include <string>

#include "reconstruction_state.hpp"

// Sound states to go back to, checkpoints, and reconstructions of half the frames.

namespace ptero::ptycho {

namespace {
constexpr double exploded = 4;   // an amplitude error above 2 is worse than no light at all
constexpr double relapse = 3;    // times the best error, beyond which it has diverged ...
constexpr double ripple = 1e-3;  // ... if it is worse by this too
constexpr unsigned max_recoveries = 4;
constexpr std::size_t keep_every = 5;  // epochs between copies of a good state
constexpr double safe_beta = 0.5;
constexpr std::size_t patience = 10;  // epochs without ...
constexpr double progress = 0.01;     // ... this relative fall of the error are enough

void paste(Image<Complex>& into, const Extent& whole, const Image<Complex>& part, const Extent& at) {
  for (std::size_t r = 0; r < at.shape.rows; ++r)
    std::copy_n(part.row(r).data(), at.shape.cols,
                into.row(r + static_cast<std::size_t>(at.row - whole.row)).data() + (at.col - whole.col));
}
}  // namespace

Checkpoint Reconstruction::State::checkpoint() const {
  Checkpoint out{.extent = workspace->extent(),
                 .frames = frame_states(),
                 .epochs = epoch,
                 .errors = errors,
                 .beta = options.lsqml.beta,
                 .recoveries = recoveries};
  for (std::size_t l = 0; l < workspace->spec().slices(); ++l) out.slices.push_back(workspace->object(l));
  for (std::size_t k = 0; started && k < workspace->spec().probes(); ++k)
    out.probes.push_back(workspace->probe(k));
  return out;
}

std::vector<MomentumState> Reconstruction::State::momentum() const {
  std::vector<MomentumState> out;
  for (const Momentum& momentum : object_momentum) out.push_back(momentum.state());
  if (!out.empty() || probe_momentum.active()) out.push_back(probe_momentum.state());
  return out;
}

void Reconstruction::State::resume_momentum(const Checkpoint& from) {
  // A recovery has given it up.
  if (recoveries > 0) {
    for (Momentum& momentum : object_momentum) momentum = {};
    probe_momentum = {};
  }
  if (from.momentum.size() != object_momentum.size() + 1) return;
  for (std::size_t l = 0; l < object_momentum.size(); ++l) object_momentum[l].resume(from.momentum[l]);
  probe_momentum.resume(from.momentum.back());
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
  PTERO_EXPECT(frames.empty() && !started);
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
  options.probe = from.probes[0];
  for (const FrameState& frame : from.frames) expected.emplace(frame.id, frame);
  started = true;
  epoch = frames_changed_at = from.epochs;
  errors = from.errors;
  recoveries = from.recoveries;
  if (from.beta > 0) options.lsqml.beta = from.beta;
  resume_momentum(from);
}

void Reconstruction::State::keep_state() {
  if (candidate) good = std::move(candidate);
  candidate = checkpoint();
}

void Reconstruction::State::recover() {
  if (recoveries == max_recoveries) {
    diverged = true;
    return;
  }
  ++recoveries;
  options.lsqml.beta = std::min(safe_beta, options.lsqml.beta / 2);
  candidate.reset();
  epoch_sums = {};
  least_steps.clear();
  for (Momentum& momentum : object_momentum) momentum = {};
  probe_momentum = {};
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
  if (!(error < exploded) || error > relapse * best_error + ripple) return recover();
  best_error = std::min(best_error, error);
  if (epoch % keep_every == 0) keep_state();
}

bool Reconstruction::State::converged() const {
  if (epoch < frames_changed_at + patience + 1 || errors.size() <= patience) return false;
  const auto recent = errors.end() - static_cast<std::ptrdiff_t>(patience);
  const double before = *std::min_element(
      errors.begin() +
          static_cast<std::ptrdiff_t>(errors.size() - std::min(errors.size(), epoch - frames_changed_at)),
      recent);
  return *std::min_element(recent, errors.end()) > (1 - progress) * before;
}

Halves Reconstruction::State::reconstruct_halves(std::size_t epochs, const std::function<bool()>& go_on) {
  if (frames.size() < 2 || diverged) return {};
  if (!started) start();
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
        (void)run_lsqml_batch(*workspace, batch, {.update_probe = false}, options.lsqml);
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
