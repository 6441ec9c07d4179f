#include <CLI/CLI.hpp>

#include <functional>
#include <iostream>
#include <memory>

#include <ptero/core/error.hpp>
#include <ptero/core/version.hpp>

#include "bench/bench.hpp"
#include "ptero/cli_help.hpp"
#include "ptero/cli_options.hpp"
#include "ptero/cli_sending.hpp"
#include "ptero/cli_stage.hpp"
#include "ptero/commands.hpp"
#include "studies/lin2023/command.hpp"
#include "studies/roi_churn/command.hpp"
#include "studies/roi_table/command.hpp"
#include "studies/steering/command.hpp"

namespace ptero::tools {

namespace {

/// What a command's parse leaves to run; arguments live as long as the parser.
using Run = std::function<int()>;

void add_live(CLI::App& app, Run& run) {
  auto a = std::make_shared<LiveArguments>();
  auto& c = *app.add_subcommand("live", "the whole pipeline in one process, while a scan runs");
  add_reading_options(c, a->scan.read, ReadsPositions::no);
  add_scan_options(c, a->scan);
  add_simulation_options(c, a->simulation);
  c.add_option(
       "--source", a->source,
       "native:, simplon1: or simplon2:ENDPOINT, replay:FILE or sim:SAMPLE (nanosheets, particles, two-slice "
       "or empty); default sim:nanosheets")
      ->type_name("URI");
  c.add_option("--positions", a->positions,
               "frame, raster:ROWSxCOLS, snake:ROWSxCOLS, panda-zmq:tcp://HOST:PORT, panda-tcp:HOST:PORT, "
               "maxiv-zmq:tcp://..., "
               "file:PATH, or (replay) a dataset")
      ->type_name("URI");
  c.add_option("--out", a->out, "folder of the results; default ptero-out")->type_name("DIR");
  c.add_option("--rate", a->rate_hz, "frames a second of replay and sim; default: as fast as possible")
      ->type_name("HZ")
      ->check(CLI::NonNegativeNumber);
  c.add_option("--dashboard", a->dashboard_port,
               "serve the dashboard, a page in the browser, on this port; default 8080")
      ->type_name("PORT")
      ->expected(0, 1)
      ->default_str("8080")
      ->check(CLI::Range(0, 65535));
  c.add_flag("--exit-at-end", a->exit_at_end,
             "end with the scan although there is a dashboard; otherwise its page stays until Ctrl-C");
  c.add_flag("--overwrite", a->overwrite, "replace results of an earlier run");
  c.add_flag("--keep-running", a->keep_running, "wait for the next series");
  c.add_flag("--json", a->json, "the report on standard output");
  add_steering_options(c, *a);
  c.callback([a, &run] { run = [a] { return run_live(*a); }; });
}

void add_batch(CLI::App& app, Run& run) {
  auto a = std::make_shared<BatchArguments>();
  auto& c = *app.add_subcommand("batch", "the offline reference: classify and reconstruct a recorded scan");
  add_reading_options(c, a->scan.read);
  add_scan_options(c, a->scan);
  c.add_option("file", a->file, "HDF5 or CXI")->required();
  c.add_option("--out", a->out, "folder of the results")->capture_default_str()->type_name("DIR");
  add_batch_options(c, *a);
  c.add_flag("--json", a->json, "the report on standard output");
  c.callback([a, &run] { run = [a] { return run_batch(*a); }; });
}

void add_options(CLI::App& app, Run& run) {
  auto a = std::make_shared<OptionsArguments>();
  auto& c = *app.add_subcommand("options", "every option of the configuration file with its default");
  c.add_flag("--markdown", a->markdown, "as doc/options.md");
  c.callback([a, &run] { run = [a] { return run_options(*a); }; });
}

void add_keygen(CLI::App& app, Run& run) {
  auto a = std::make_shared<KeygenArguments>();
  auto& c = *app.add_subcommand("keygen", "keys for encrypted sockets and a token for HTTP");
  c.add_option("folder", a->folder, "where they are made; nothing is written over")->required();
  c.callback([a, &run] { run = [a] { return run_keygen(*a); }; });
}

void add_simulate(CLI::App& app, Run& run) {
  auto a = std::make_shared<SimulateArguments>();
  auto& c = *app.add_subcommand("simulate", "a simulated detector and stage on a real socket");
  add_simulation_options(c, a->simulation);
  c.add_option("sample", a->sample, "nanosheets, particles, two-slice or empty")->required();
  add_sending_options(c, *a);
  add_stage_options(c, a->stage);
  add_follow_options(c, a->follow);
  c.add_option("--truth", a->truth, "write object, probe and positions there (product layout)")
      ->type_name("FILE");
  c.callback([a, &run] { run = [a] { return run_simulate(*a); }; });
}

void add_replay(CLI::App& app, Run& run) {
  auto a = std::make_shared<ReplayArguments>();
  auto& c = *app.add_subcommand("replay", "a recorded series on the wire again");
  add_reading_options(c, a->read);
  c.add_option("file", a->file, "HDF5 or CXI; or a recorded stream, whose messages go as they are")
      ->required();
  add_sending_options(c, *a);
  c.callback([a, &run] { run = [a] { return run_replay(*a); }; });
}

void add_looking(CLI::App& app, Run& run) {
  auto compare = std::make_shared<CompareArguments>();
  auto& c = *app.add_subcommand("compare", "SSIM, phase RMS and FRC of two reconstructions after alignment");
  c.add_option("a", compare->image, "product or FILE:DATASET")->required();
  c.add_option("b", compare->reference, "the reference, likewise")->required();
  c.add_flag("--json", compare->json, "for machines");
  c.callback([compare, &run] { run = [compare] { return run_compare(*compare); }; });

  for (const auto& [name, help, command] :
       {std::tuple("inspect", "what is in a file", &run_inspect),
        std::tuple("ledger", "the ledger of a raw file, proved again", &run_ledger)}) {
    auto a = std::make_shared<InspectArguments>();
    auto& i = *app.add_subcommand(name, help);
    i.add_option("file", a->file, "HDF5 or journal")->required();
    i.add_flag("--json", a->json, "for machines");
    i.callback([a, command, &run] { run = [a, command] { return command(*a); }; });
  }
}

void add_files(CLI::App& app, Run& run) {
  auto rebuild = std::make_shared<RebuildArguments>();
  auto& r = *app.add_subcommand("rebuild", "the raw file from a journal that a killed ingest left");
  r.add_option("journal", rebuild->journal, "series.journal")->required()->type_name("FILE");
  r.add_option("--out", rebuild->out, "default: raw.h5 beside the journal")->type_name("FILE");
  r.add_flag("--overwrite", rebuild->overwrite, "replace an existing raw file");
  r.add_flag("--json", rebuild->json, "for machines");
  r.callback([rebuild, &run] { run = [rebuild] { return run_rebuild(*rebuild); }; });

  auto a = std::make_shared<ExportArguments>();
  auto& e = *app.add_subcommand("export", "a scan or a product in the layout of another program");
  add_reading_options(e, a->read);
  e.add_option("file", a->file, "HDF5 or CXI")->required();
  e.add_option("--to", a->to, "ptyd, fold_slice, ptychi, ptychodus, csv or tiff")
      ->required()
      ->check(CLI::IsMember({"ptyd", "fold_slice", "ptychi", "ptychodus", "csv", "tiff"}))
      ->type_name("LAYOUT");
  e.add_option(
       "--out", a->out,
       "file (ptyd, fold_slice, csv), folder (ptychodus, tiff), or of ptychi what comes before _dp.hdf5 and "
       "_para.hdf5; default: beside you, named after the file")
      ->type_name("PATH");
  e.add_option("--probe", a->read.probe, "complex dataset, or FILE:PATH, for ptychi and ptychodus")
      ->type_name("PATH");
  e.add_option("--product", a->product,
               "object and probe for ptychi and ptychodus; default: ones and a guess from the mean pattern")
      ->type_name("FILE");
  e.add_flag("--overwrite", a->overwrite, "replace files of those names");
  e.add_flag("--json", a->json, "for machines");
  e.callback([a, &run] { run = [a] { return run_export(*a); }; });
}

/// What another executable parses: everything behind the command goes there as it is, --help included.
void add_forwarded(CLI::App& app, Run& run, const std::string& name, const std::string& help,
                   const std::string& command) {
  auto& c = *app.add_subcommand(name, help);
  c.set_help_flag();
  c.prefix_command();
  c.callback(
      [&c, &run, command] { run = [rest = c.remaining(), command] { return run_ddip(command, rest); }; });
}

void add_bench(CLI::App& app, Run& run) {
  auto& c = *app.add_subcommand("bench", "a benchmark: its floor, its figure and the ratio in one run");
  c.require_subcommand(1);
  for (const auto& [name, help, bench] :
       {std::tuple("features", "T and CoM beside the read bandwidth of one core, and numpy",
                   std::function([] { return bench_features(std::cout); })),
        std::tuple("codec", "bslz4 of a detector frame beside memcpy and Debian's bitshuffle",
                   std::function([] { return bench_codec(std::cout); })),
        std::tuple("classifier", "latency, then the cost of a frame in series of 10^3 to 10^6",
                   std::function([] {
                     const int latency = bench_latency(std::cout);
                     return std::max(latency, bench_classifier(std::cout));
                   })),
        std::tuple("latency", "from a frame's arrival to its label at 200 Hz and 2 kHz, over real sockets",
                   std::function([] { return bench_latency(std::cout); }))})
    c.add_subcommand(name, help)->callback([bench, &run] { run = bench; });
  add_forwarded(c, run, "ddip", "an epoch of the separation of slices beside its convolutions", "bench");
  auto backend = std::make_shared<std::string>("cpu");
  auto& recon = *c.add_subcommand("recon", "the reconstruction beside what the machine can do");
  recon.add_option("--backend", *backend, "what runs it")
      ->capture_default_str()
      ->check(CLI::IsMember({"cpu", "cuda"}));
  recon.callback([backend, &run] {
    run = [backend] { return *backend == "cuda" ? bench_recon_cuda() : bench_recon(); };
  });

  auto l = std::make_shared<LiveBenchOptions>();
  auto& live = *c.add_subcommand("live", "what is seen of a scan while it runs, and 30 s after it");
  live.add_option("--rate", l->rate_hz, "frames a second")->capture_default_str()->check(CLI::PositiveNumber);
  live.add_flag("--roi", l->roi, "reconstruct the region of interest, not the whole field");
  live.add_option("--seed", l->seed, "of sample and photons")->capture_default_str();
  live.add_option("--out", l->out, "keep the results there")->type_name("DIR");
  live.callback([l, &run] { run = [l] { return bench_live(*l, std::cout); }; });

  auto a = std::make_shared<IngestBenchOptions>();
  auto& ingest =
      *c.add_subcommand("ingest", "frames/s from the wire to the raw file, and where the time goes");
  ingest.add_option("--seconds", a->seconds, "of sending, a case")
      ->capture_default_str()
      ->type_name("S")
      ->check(CLI::PositiveNumber);
  ingest.add_option("--out", a->out, "folder on the disk in question; default: the temporary one")
      ->type_name("DIR");
  ingest.add_option("--protocol", a->protocol, "native, simplon1 or simplon2; default: each")
      ->check(CLI::IsMember({"native", "simplon1", "simplon2"}));
  ingest.callback([a, &run] { run = [a] { return bench_ingest(*a, std::cout); }; });
}

void add_format(CLI::App& command, StudyArguments& arguments) {
  command.add_option("--format", arguments.format, "of the pictures; pdf and svg stay sharp at any size")
      ->check(CLI::IsMember({"png", "pdf", "svg"}))
      ->capture_default_str();
}

void add_figures(CLI::App& app, Run& run) {
  auto a = std::make_shared<StudyArguments>();
  auto& figures = *app.add_subcommand("figures", "tables and figures made again, with their numbers");
  figures.require_subcommand(1);
  for (const auto& [name, help, command] :
       {std::tuple("roi-table", "recall and false positives of the RoI methods on scans with known truth",
                   &run_roi_table),
        std::tuple("roi-churn", "how steady the region of interest is while a scan runs", &run_roi_churn)}) {
    auto& c = *figures.add_subcommand(name, help);
    c.add_option("--out", a->out, "folder of the results")->capture_default_str()->type_name("DIR");
    c.add_option("--data", a->data, "folder of the recorded scans; default $PTERO_DATA")->type_name("DIR");
    c.add_flag("--quick", a->quick, "small scans, in seconds");
    c.add_option("--seed", a->seed, "of the simulated samples and photons")->capture_default_str();
    if (std::string_view(name) == "roi-table") add_format(c, *a);
    c.callback([a, command, &run] { run = [a, command] { return command(*a); }; });
  }
  for (const auto& [name, help, command] :
       {std::tuple("lin2023", "figures and numbers of the paper of the RoI methods, on simulated samples",
                   &run_lin2023),
        std::tuple("steering", "scans that follow advice beside uniform grids, on simulated samples",
                   &run_steering_figures)}) {
    auto& l = *figures.add_subcommand(name, help);
    l.add_option("--out", a->out, "folder of the results")->capture_default_str()->type_name("DIR");
    l.add_flag("--quick", a->quick, "small scans, in seconds");
    l.add_option("--seed", a->seed, "of the simulated samples and photons")->capture_default_str();
    add_format(l, *a);
    l.callback([a, command, &run] { run = [a, command] { return command(*a); }; });
  }
  add_forwarded(figures, run, "du2021", "figures of the paper of the separation of slices [Du21]", "figures");
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App app("ptero: watches a ptychography scan while it happens");
  app.require_subcommand(1);
  app.set_version_flag("--version", "ptero " + std::string(version()));
  app.failure_message(what_was_wrong);
  Run run;
  add_live(app, run);
  add_batch(app, run);
  add_simulate(app, run);
  add_replay(app, run);
  add_options(app, run);
  add_keygen(app, run);
  add_looking(app, run);
  add_files(app, run);
  add_forwarded(app, run, "ddip",
                "take the cross-talk out of the slices of a multislice reconstruction [Du21]", "separate");
  add_bench(app, run);
  add_figures(app, run);
  app.footer(examples);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (argc == 1) std::cerr << app.help();
    return app.exit(error) == 0 ? 0 : 2;
  }
  return run();
}

}  // namespace ptero::tools
