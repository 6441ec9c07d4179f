#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <ptero/config/document.hpp>
#include <ptero/services/ddip/worker.hpp>
#include <ptero/services/host/host.hpp>
#include <ptero/wire/control.hpp>
#include <ptero/wire/events.hpp>
#include <ptero/wire/slices_event.hpp>
#include <regex>

#include "support/eventually.hpp"
#include "support/metric.hpp"
#include "support/scratch.hpp"
#include "two_layers.hpp"

namespace ptero::ddip {
namespace {

namespace fs = std::filesystem;

WorkerOptions quick(const fs::path& folder) {
  WorkerOptions options;
  options.products = folder.string();
  options.events = "inproc://ddip-test";
  options.look_every_s = 0.05;
  options.options.threads = 2;
  options.run.epochs = 4;
  options.run.report_every = 2;
  options.run.early_stop.patience = options.warm_stop.patience = 0;
  return options;
}

struct Seen {
  wire::SlicesEvent event;
  std::size_t bytes = 0;     ///< of the slices
  std::vector<float> sigma;  ///< of both slices; empty: none was sent
};

/// The next event `slices` that `wanted` accepts, within a minute.
template <class F>
std::optional<Seen> next(transport::Socket& socket, F wanted) {
  for (int i = 0; i < 600; ++i) {
    const auto parts = socket.receive(std::chrono::milliseconds(100));
    if (!parts || parts->size() < 3) continue;
    const auto event = wire::decode_slices_event((*parts)[1]);
    if (!event || !wanted(*event)) continue;
    Seen seen{*event, (*parts)[2].size(), {}};
    if (parts->size() > 3) {
      seen.sigma.resize((*parts)[3].size() / sizeof(float));
      std::memcpy(seen.sigma.data(), (*parts)[3].data(), (*parts)[3].size());
    }
    return seen;
  }
  return std::nullopt;
}

/// A worker, and somebody who hears of what it separates and may ask it for things.
struct Watched {
  explicit Watched(const WorkerOptions& options, std::initializer_list<const char*> topics = {"slices"})
      : worker(context, options),
        socket(context, transport::SocketKind::sub),
        asker(context, transport::SocketKind::dealer) {
    socket.connect(worker.events());
    for (const char* topic : topics) socket.subscribe(topic);
    if (!worker.control().empty()) asker.connect(worker.control());
  }

  void start() { worker.service().start(); }
  wire::ControlAnswer ask(const std::string& what) {
    asker.send({wire::encode(wire::Control{.action = "separation", .by = "test", .what = what})});
    const auto answer = asker.receive(std::chrono::seconds(10));
    if (answer) return *wire::decode_control_answer(answer->at(0));
    ADD_FAILURE() << "no answer to " << what;
    return {};
  }
  void stop() {
    worker.service().request_stop();
    worker.service().join();
    EXPECT_FALSE(worker.service().failure());
  }

  transport::Context context;
  Worker worker;
  transport::Socket socket, asker;
};

bool done(const wire::SlicesEvent& event) {
  return event.done;
}

TEST(Worker, SeparatesAProductTellsImagesAndStartsWarmOnTheNext) {
  const test::Scratch scratch;
  Watched watched(quick(scratch / ""));
  watched.start();

  const fs::path folder = scratch / "series";
  fs::create_directories(folder);
  const product::Product product = two_layers();
  product::write_product(folder / "product.h5", product);
  const auto first = next(watched.socket, done);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->event.series_uid, "two-layers");
  EXPECT_EQ(first->event.slices, 2U);
  EXPECT_EQ(first->event.shape, (Shape{72, 72}));
  EXPECT_EQ(first->bytes, 2 * 72 * 72 * sizeof(float));
  EXPECT_TRUE(first->sigma.empty()) << "one run";
  EXPECT_FALSE(first->event.warm);
  ASSERT_TRUE(test::eventually([&] { return fs::exists(folder / "separated.h5"); }));
  EXPECT_TRUE(fs::exists(folder / "ddip.state"));

  const product::Product separated = product::read_product(folder / "separated.h5");
  ASSERT_EQ(separated.object.size(), 2U);
  EXPECT_EQ(separated.layer_spacing_m, product.layer_spacing_m);
  EXPECT_NE(separated.object[1](30, 30), product.object[1](30, 30));
  EXPECT_NEAR(std::abs(separated.object[1](30, 30)), 0.9, 1e-3) << "the modulus is the reconstruction's";

  // The scan goes on: the same series with more light.
  product::write_product(folder / "product.h5", two_layers(72, 2));
  const auto second = next(watched.socket, [](const auto& event) { return event.done && event.warm; });
  EXPECT_TRUE(second) << "the networks know the sample";
  watched.stop();
}

TEST(Worker, TellsMeanAndSigmaOfSeveralRuns) {
  const test::Scratch scratch;
  WorkerOptions options = quick((scratch / ""));
  options.runs = 3;
  Watched watched(options);
  watched.start();
  product::write_product(scratch / "product.h5", two_layers());

  const auto partial = next(watched.socket, [](const auto& event) { return event.runs == 2; });
  ASSERT_TRUE(partial);
  EXPECT_FALSE(partial->event.done);
  const auto whole = next(watched.socket, done);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->event.runs, 3U);
  EXPECT_EQ(whole->bytes, 2 * 72 * 72 * sizeof(float));
  ASSERT_EQ(whole->sigma.size(), 2U * 72 * 72);
  EXPECT_GT(*std::max_element(whole->sigma.begin(), whole->sigma.end()), 0) << "three seeds differ";
  ASSERT_TRUE(test::eventually([&] { return fs::exists(scratch / "separated.h5"); }));
  EXPECT_EQ(product::read_product(scratch / "separated.h5").numbers.at("ddip_runs"), 3);
  for (const char* name : {"sigma1.tiff", "sigma2.tiff", "ddip.state", "ddip.2.state", "ddip.3.state"})
    EXPECT_TRUE(fs::exists(scratch / name)) << name;
  watched.stop();
}

TEST(Worker, GivesAFitUpForANewerProductAndGoesOnWithItsNetworks) {
  const test::Scratch scratch;
  WorkerOptions options = quick((scratch / ""));
  options.run.epochs = 100'000;
  Watched watched(options);
  watched.start();
  product::write_product(scratch / "product.h5", two_layers());
  ASSERT_TRUE(next(watched.socket, [](const auto&) { return true; }));
  product::write_product(scratch / "product.h5", two_layers(72, 2));
  EXPECT_TRUE(test::eventually(
      [&] { return test::metric(watched.worker.metrics().text(), "ptero_ddip_preempted_total") == 1; }));
  EXPECT_TRUE(next(watched.socket, [](const auto& event) { return event.epoch == 2 && !event.warm; }))
      << "begun networks have no image yet";
  EXPECT_TRUE(fs::exists(scratch / "ddip.begun"));
  EXPECT_FALSE(fs::exists(scratch / "ddip.state"));
  watched.stop();
}

TEST(Worker, TellsItsAlarmsAndItsHealth) {
  const test::Scratch scratch;
  Watched watched(quick(scratch / ""), {"alarms.ddip", "health.ddip"});
  watched.start();
  product::Product product = two_layers();
  for (auto& value : product.object[1].pixels()) value = 1;
  product::write_product(scratch / "product.h5", product);
  std::string sentence;
  bool ready = false;
  EXPECT_TRUE(test::eventually([&] {
    const auto parts = watched.socket.receive(std::chrono::milliseconds(100));
    if (!parts) return false;
    if (const auto alarms = wire::decode_alarms_event((*parts)[1]); alarms && !alarms->alarms.empty())
      sentence = alarms->alarms[0].sentence;
    if (const auto health = wire::decode_health_event((*parts)[1])) ready = health->ready;
    return ready && !sentence.empty();
  }));
  EXPECT_NE(sentence.find("slice 2 has the same value everywhere"), std::string::npos) << sentence;
  const std::string page = watched.worker.metrics().text();
  EXPECT_EQ(test::metric(page, "ptero_alarm_active", "refused"), 1);
  for (const char* name : {"ptero_ddip_epoch", "ptero_ddip_epoch_seconds", "ptero_ddip_peak_memory_bytes",
                           "ptero_ddip_least_own_share", "ptero_ddip_separations_total"})
    EXPECT_NE(page.find(std::string("\n") + name + "{service=\"ddip\"}"), std::string::npos) << name;
  watched.stop();
}

/// What is wrong with a product, and the sentence that says so.
struct Broken {
  const char* name;
  void (*spoil)(product::Product&);
  const char* sentence;
};

TEST(Worker, LeavesOrdinaryProductsAlone) {
  const test::Scratch scratch;
  for (const char* name : {"two", "one"}) fs::create_directories(scratch / name);
  product::Product product = two_layers();
  product::write_product(scratch / "two" / "product.h5", product);
  product.object.pop_back();
  product.layer_spacing_m.clear();
  product::write_product(scratch / "one" / "product.h5", product);
  fs::last_write_time(scratch / "two" / "product.h5",
                      fs::last_write_time(scratch / "one" / "product.h5") - std::chrono::seconds(5));
  Watched watched(quick(scratch / ""));
  watched.start();
  // The newest comes first.
  EXPECT_TRUE(test::eventually([&] { return fs::exists(scratch / "two" / "separated.h5"); }));
  EXPECT_FALSE(fs::exists(scratch / "one" / "separated.h5"));
  EXPECT_FALSE(watched.worker.alarms().is_active("refused"));
  EXPECT_EQ(test::metric(watched.worker.metrics().text(), "ptero_ddip_refused_products_total"), 0);
  watched.stop();
}

// What the dashboard asks for: the newest product once more, though it is done, and an end without a result.
TEST(Worker, SeparatesOnceMoreAndStopsWhenSomebodyAsks) {
  const test::Scratch scratch;
  auto options = quick(scratch / "");
  options.control = "inproc://ddip-control";
  Watched watched(options);
  watched.start();
  EXPECT_NE(watched.ask("start").why.find("no product"), std::string::npos);
  EXPECT_NE(watched.ask("stop").why.find("nothing"), std::string::npos);
  EXPECT_FALSE(watched.ask("explode").ok);

  const fs::path folder = scratch / "series";
  fs::create_directories(folder);
  product::write_product(folder / "product.h5", two_layers());
  ASSERT_TRUE(next(watched.socket, done));
  // It is done, and done again when somebody asks; until its files are written it is under way.
  EXPECT_TRUE(test::eventually([&] { return watched.ask("start").why != "one is under way"; }));
  EXPECT_TRUE(next(watched.socket, [](const auto& event) { return event.done && event.warm; }));
  watched.stop();
}

TEST(Worker, LeavesAProductAloneThatSomebodyStopped) {
  const test::Scratch scratch;
  auto options = quick(scratch / "");
  options.control = "inproc://ddip-control";
  options.run.epochs = 1'000'000;
  Watched watched(options);
  const fs::path folder = scratch / "series";
  fs::create_directories(folder);
  product::write_product(folder / "product.h5", two_layers());
  watched.start();
  const auto any = [](const wire::SlicesEvent&) { return true; };
  ASSERT_TRUE(next(watched.socket, any));
  EXPECT_TRUE(watched.ask("start").ok) << "one is under way";
  EXPECT_TRUE(watched.ask("stop").ok);
  // It ends, without a result, and does not begin again by itself.
  ASSERT_TRUE(test::eventually([&] { return !watched.ask("stop").ok; }));
  while (watched.socket.receive(std::chrono::milliseconds(300))) {
  }
  EXPECT_FALSE(watched.socket.receive(std::chrono::milliseconds(500)));
  EXPECT_FALSE(fs::exists(folder / "separated.h5"));
  EXPECT_TRUE(watched.ask("start").ok);
  EXPECT_TRUE(next(watched.socket, any));
  watched.stop();
}

TEST(Worker, StaysUpWhenAProductCannotBeSeparated) {
  const Broken all[] = {
      {"no number", [](product::Product& product) { product.object[0](4, 4) = std::nanf(""); },
       "slice 1 holds a value that is no number"},
      {"no contrast",
       [](product::Product& product) {
         for (auto& value : product.object[1].pixels()) value = 1;
       },
       "slice 2 has the same value everywhere"},
      {"dark",
       [](product::Product& product) {
         product.coverage = Image<float>({72, 72});
       },
       "nothing of the product two-layers is lit"},
      {"small", [](product::Product& product) { product = two_layers(24); },
       "the slices are 24 x 24 pixels (too small for five levels); give at least 32 x 32"},
      {"large", [](product::Product& product) { product = two_layers(200); },
       "no memory for slices of 200 x 200 pixels"},
  };
  const test::Scratch scratch;
  WorkerOptions options = quick((scratch / ""));
  options.options.memory_limit_bytes = std::size_t{150} << 20;
  Watched watched(options);
  watched.start();
  for (const Broken& one : all) {
    product::Product product = two_layers();
    one.spoil(product);
    fs::create_directories(scratch / one.name);
    product::write_product(scratch / one.name / "product.h5", product);
    EXPECT_TRUE(test::eventually([&] {
      const auto active = watched.worker.alarms().active();
      return !active.empty() && active[0].sentence.find(one.sentence) != std::string::npos;
    })) << one.name
        << ": "
        << (watched.worker.alarms().active().empty() ? "" : watched.worker.alarms().active()[0].sentence);
  }
  EXPECT_EQ(test::metric(watched.worker.metrics().text(), "ptero_ddip_refused_products_total"),
            std::size(all));

  fs::create_directories(scratch / "good");
  product::write_product(scratch / "good" / "product.h5", two_layers());
  EXPECT_TRUE(test::eventually([&] { return fs::exists(scratch / "good" / "separated.h5"); }));
  EXPECT_TRUE(test::eventually([&] { return !watched.worker.alarms().is_active("refused"); }));
  watched.stop();
}

TEST(WorkerOptions, AreReadFromTheirConfigurationToTheLastKey) {
  const std::string text =
      std::regex_replace(test::slurp("configs/ddip.toml"), std::regex("(^|\n)# ([a-z_]+ = )"), "$1$2");
  const auto document = config::Document::parse(text, "configs/ddip.toml");
  const WorkerOptions given = WorkerOptions::from(document.section("ddip"));
  const WorkerOptions standard;
  EXPECT_EQ(given.events, standard.events);
  EXPECT_EQ(given.runs, standard.runs);
  EXPECT_EQ(given.run.epochs, standard.run.epochs);
  EXPECT_EQ(given.run.early_stop.patience, standard.run.early_stop.patience);
  EXPECT_EQ(given.options.exclusion, standard.options.exclusion);
  host::http_from(document.section("ddip"));
  EXPECT_NO_THROW(document.section("ddip").finish());
  EXPECT_THROW(
      WorkerOptions::from(config::Document::parse("[ddip]\nfilter = \"deep\"\n", "x.toml").section("ddip")),
      InputError);
}

}  // namespace
}  // namespace ptero::ddip
