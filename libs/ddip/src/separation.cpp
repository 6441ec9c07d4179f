#include <ptero/ddip/separation.hpp>

#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>

#include <cmath>
#include <istream>
#include <ostream>
#include <ptero/core/error.hpp>
#include <ptero/ddip/memory.hpp>

#include "fit.hpp"

namespace ptero::ddip {

namespace {

constexpr char magic[] = "ptero-ddip-state-1\n";

std::vector<at::Tensor> tensors_of(const Prepared& prepared) {
  std::vector<at::Tensor> tensors;
  for (const Image<float>& image : prepared.images)
    tensors.push_back(
        at::tensor(at::ArrayRef<float>(image.data(), image.size()))
            .view({1, 1, static_cast<std::int64_t>(image.rows()), static_cast<std::int64_t>(image.cols())}));
  return tensors;
}

std::string sides(Shape shape) {
  return std::to_string(shape.rows) + " x " + std::to_string(shape.cols);
}

/// PyTorch's errors in one sentence: memory, and what nobody foresaw.
template <class F>
auto in_our_words(Shape shape, F&& work) {
  const std::string problem = "the separation of slices of " + sides(shape) + " pixels failed";
  const std::string hint = "crop the slices, or use fewer threads";
  try {
    return work();
  } catch (const std::bad_alloc&) {
    throw Error(problem, "out of memory", hint);
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    const std::string line = text.substr(0, text.find('\n'));
    if (text.find("memory") != std::string::npos) throw Error(problem, "out of memory", hint);
    throw Error(problem, line);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    // The convolutions' own library; it cannot make one where memory does not suffice either.
    throw Error(problem, error.what(), hint);
  }
}

void check(const Options& options) {
  const auto refuse = [](const std::string& problem, const std::string& hint) {
    throw InputError(problem, {}, hint);
  };
  if (!(options.exclusion >= 0)) refuse("the weight of the exclusion term is negative", "give 0 or more");
  if (!(options.learning_rate > 0)) refuse("the learning rate is not positive", "published: 1e-3");
  if (options.decay_every == 0) refuse("the learning rate would decay every 0 epochs", "published: 500");
  if (options.weight_input_side != 0 && options.weight_input_side < 65)
    refuse("the input behind alpha has sides of " + std::to_string(options.weight_input_side) + " pixels",
           "give 65 or more, or 0 for the image's own");
}

/// Before anything is made: a process that takes more than there is would be killed, not told.
void check_memory(const Options& options, const Prepared& prepared) {
  const std::size_t needed =
      expected_memory_bytes(prepared.images[0].shape(), prepared.images.size(), options);
  const auto refuse = [&](std::size_t given, const std::string& how) {
    throw Error("no memory for slices of " + sides(prepared.shape) + " pixels",
                "about " + std::to_string(needed >> 20) + " MiB are needed, " + std::to_string(given >> 20) +
                    " MiB " + how,
                "crop the slices");
  };
  if (options.memory_limit_bytes != 0 && needed > options.memory_limit_bytes)
    refuse(options.memory_limit_bytes, "allowed");
  if (options.device == Device::cuda) return;
  if (const std::size_t available = available_memory_bytes(); needed > available)
    refuse(available, "available");
}

}  // namespace

class Separation::Inside {
 public:
  Inside(Prepared prepared, const Options& options)
      : prepared_(std::move(prepared)), fit_(in_our_words(prepared_.shape, [&] {
          return std::make_unique<Fit>(tensors_of(prepared_), options);
        })) {}

  Prepared prepared_;
  std::unique_ptr<Fit> fit_;
};

Separation::Separation(std::span<const Image<float>> slices, const Options& options) {
  Prepared prepared = prepare(slices);
  check(options);
  check_memory(options, prepared);
  inside_ = std::make_unique<Inside>(std::move(prepared), options);
}
Separation::~Separation() = default;
Separation::Separation(Separation&&) noexcept = default;
Separation& Separation::operator=(Separation&&) noexcept = default;

void Separation::replace(std::span<const Image<float>> slices) {
  Prepared prepared = prepare(slices);
  if (prepared.shape != inside_->prepared_.shape ||
      prepared.images.size() != inside_->prepared_.images.size())
    throw InputError("the slices do not fit the networks",
                     "these are for " + std::to_string(inside_->prepared_.images.size()) + " slices of " +
                         sides(inside_->prepared_.shape) + " pixels");
  inside_->prepared_ = std::move(prepared);
  inside_->fit_->replace(tensors_of(inside_->prepared_));
}

void Separation::step() {
  in_our_words(inside_->prepared_.shape, [&] { inside_->fit_->step(); });
}

std::size_t Separation::epoch() const {
  return inside_->fit_->epoch();
}
Losses Separation::losses() const {
  return inside_->fit_->losses();
}
bool Separation::finite() const {
  return std::isfinite(losses().total());
}

Image<double> Separation::mixing() const {
  const at::Tensor m = inside_->fit_->mixing().to(at::kCPU, at::kDouble).contiguous();
  const auto n = static_cast<std::size_t>(m.size(0));
  return {Shape{n, n}, std::vector<double>(m.data_ptr<double>(), m.data_ptr<double>() + m.numel())};
}

std::vector<std::vector<float>> Separation::outputs() const {
  std::vector<std::vector<float>> all;
  for (std::size_t i = 0; i < inside_->prepared_.images.size(); ++i) {
    const at::Tensor y = inside_->fit_->output(i).to(at::kCPU, at::kFloat).contiguous();
    all.emplace_back(y.data_ptr<float>(), y.data_ptr<float>() + y.numel());
  }
  return all;
}

Slices Separation::slices() const {
  Slices slices;
  for (const std::vector<float>& output : outputs()) slices.push_back(restored(inside_->prepared_, output));
  return slices;
}

std::int64_t Separation::parameter_count() const {
  return inside_->fit_->parameters().count();
}

void Separation::save(std::ostream& out) const {
  out.write(magic, sizeof magic - 1);
  const auto write_number = [&](std::uint64_t n) { out.write(reinterpret_cast<const char*>(&n), sizeof n); };
  const std::vector<at::Tensor> state = inside_->fit_->state();
  write_number(inside_->fit_->steps());
  write_number(state.size());
  for (const at::Tensor& tensor : state) write_number(static_cast<std::uint64_t>(tensor.numel()));
  for (const at::Tensor& tensor : state) {
    const at::Tensor values = tensor.detach().to(at::kCPU, at::kFloat).contiguous();
    out.write(reinterpret_cast<const char*>(values.data_ptr<float>()),
              static_cast<std::streamsize>(values.numel() * static_cast<std::int64_t>(sizeof(float))));
  }
  if (!out) throw Error("cannot save the state of a separation");
}

void Separation::restore(std::istream& in) {
  const InputError wrong("this is no state of such a separation",
                         "another number of slices, shape or networks", "start cold");
  std::string head(sizeof magic - 1, '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  if (!in || head != magic) throw wrong;
  const auto read_number = [&] {
    std::uint64_t n = 0;
    in.read(reinterpret_cast<char*>(&n), sizeof n);
    return n;
  };
  const std::vector<at::Tensor> state = inside_->fit_->state();
  const std::uint64_t steps = read_number();
  if (!in || read_number() != state.size()) throw wrong;
  for (const at::Tensor& tensor : state)
    if (read_number() != static_cast<std::uint64_t>(tensor.numel()) || !in) throw wrong;
  // Everything is read before anything is replaced.
  std::vector<at::Tensor> values;
  for (const at::Tensor& tensor : state) {
    at::Tensor read = at::empty({tensor.numel()}, at::kFloat);
    in.read(reinterpret_cast<char*>(read.data_ptr<float>()),
            static_cast<std::streamsize>(read.numel() * static_cast<std::int64_t>(sizeof(float))));
    if (!in || !at::isfinite(read).all().item<bool>()) throw wrong;
    values.push_back(read);
  }
  const at::NoGradGuard no_gradient;
  for (std::size_t i = 0; i < state.size(); ++i) state[i].detach().copy_(values[i].view(state[i].sizes()));
  inside_->fit_->state_restored(steps);
}

}  // namespace ptero::ddip
