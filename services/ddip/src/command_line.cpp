#include <CLI/CLI.hpp>

#include <ptero/services/ddip/commands.hpp>

namespace ptero::ddip {

namespace {

void add_separate(CLI::App& app, SeparateArguments& a) {
  auto& c = *app.add_subcommand(
      "separate", "take the cross-talk out of the slices of a multislice reconstruction [Du21]");
  c.add_option("slices", a.inputs, "two or more of .tiff, .png, FILE.h5[:DATASET], or one multislice product")
      ->required();
  c.add_option("--out", a.out, "folder of slices.png, slice1.tiff ..., report.json, separated.h5")
      ->capture_default_str()
      ->type_name("DIR");
  c.add_option_function<std::string>(
       "--filter",
       [&a](const std::string& name) {
         a.options.filter = name == "single" ? Filter::single : Filter::shallow;
       },
       "how slices show in each other: shallow networks or single 7 x 7 kernels; default shallow")
      ->check(CLI::IsMember({"shallow", "single"}));
  c.add_option("--gamma", a.options.exclusion,
               "weight of the exclusion term; published: shallow 0.1 to 0.2, single 0.4 to 0.5")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  c.add_option("--epochs", a.run.epochs, "at most")->capture_default_str()->check(CLI::PositiveNumber);
  c.add_option("--patience", a.run.early_stop.patience,
               "epochs without a calmer image before stopping; 0: run all epochs, as published")
      ->capture_default_str();
  c.add_option("--runs", a.runs, "from as many seeds, with mean and sigma")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  c.add_option("--seed", a.options.seed, "of the networks")->capture_default_str();
  c.add_option("--threads", a.options.threads, "0: all cores")->capture_default_str();
  c.add_option("--every", a.run.report_every, "epochs between two pictures")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  c.add_option("--state", a.state,
               "networks of an earlier run of the same shape to start from, and to leave behind")
      ->type_name("FILE");
  c.add_option_function<std::string>(
       "--device",
       [&a](const std::string& name) { a.options.device = name == "cuda" ? Device::cuda : Device::cpu; },
       "cpu or cuda; default cpu")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  c.add_flag_callback(
      "--published",
      [&a] {
        a.options.weight_input_side = 0;
        a.run.early_stop.patience = 0;
      },
      "the authors' settings: all epochs, the network behind alpha at full size");
  c.add_flag("--json", a.json, "the report on the standard output");
}

void add_bench(CLI::App& app, BenchArguments& a) {
  auto& c = *app.add_subcommand("bench", "seconds an epoch beside the convolutions alone");
  c.add_option("--threads", a.threads, "of the separation")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  c.add_option("--epochs", a.epochs, "timed")->capture_default_str()->check(CLI::PositiveNumber);
  c.add_flag("--quality", a.quality,
             "the images after 400 epochs of our settings and the published ones too: takes minutes");
}

}  // namespace

int run_command(int argc, char** argv) {
  SeparateArguments separating;
  BenchArguments benching;
  CLI::App app("DDIP: the separation of slices", "ptero-ddip");
  app.require_subcommand(1);
  add_separate(app, separating);
  add_bench(app, benching);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return app.got_subcommand("bench") ? bench(benching) : separate(separating);
}

}  // namespace ptero::ddip
