#include <ptero/services/ddip/worker.hpp>

namespace ptero::ddip {

WorkerOptions WorkerOptions::from(const config::Section& section) {
  WorkerOptions o;
  o.products = section.get("products", o.products);
  o.events = section.get("events", o.events);
  o.control = section.get("control", o.control);
  o.insecure = section.get("insecure", o.insecure);
  o.look_every_s = section.get_in_range("look_every_s", o.look_every_s, 0.05, 3600.0);
  o.options.filter = section.get_choice("filter", "shallow", {"shallow", "single"}) == "single"
                         ? Filter::single
                         : Filter::shallow;
  o.options.exclusion = section.get_in_range("gamma", o.options.exclusion, 0.0, 100.0);
  o.options.device =
      section.get_choice("device", "cpu", {"cpu", "cuda"}) == "cuda" ? Device::cuda : Device::cpu;
  o.options.threads = section.get_in_range("threads", o.options.threads, 0, 1024);
  o.options.seed = section.get_in_range("seed", o.options.seed, 0, ~std::uint64_t{0} >> 1);
  o.options.memory_limit_bytes =
      section.get_in_range("memory_limit_bytes", o.options.memory_limit_bytes, 0, std::size_t{1} << 42);
  o.runs = section.get_in_range("runs", o.runs, 1, 1000);
  o.run.epochs = section.get_in_range("epochs", o.run.epochs, 1, 1'000'000);
  o.run.report_every = section.get_in_range("report_every", o.run.report_every, 1, 100'000);
  o.run.early_stop.patience = section.get_in_range("patience", o.run.early_stop.patience, 0, 1'000'000);
  return o;
}

}  // namespace ptero::ddip
