#include <gtest/gtest.h>

#include <filesystem>
#include <ptero/config/document.hpp>
#include <ptero/services/ddip/worker.hpp>
#include <ptero/services/host/host.hpp>
#include <ptero/wire/slices_event.hpp>
#include <regex>

#include "support/eventually.hpp"
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
  std::size_t bytes = 0;
};

/// The next event `slices` that `wanted` accepts, within a minute.
template <class F>
std::optional<Seen> next(transport::Socket& socket, F wanted) {
  for (int i = 0; i < 600; ++i) {
    const auto parts = socket.receive(std::chrono::milliseconds(100));
    if (!parts || parts->size() != 3) continue;
    const auto event = wire::decode_slices_event((*parts)[1]);
    if (event && wanted(*event)) return Seen{*event, (*parts)[2].size()};
  }
  return std::nullopt;
}

bool done(const wire::SlicesEvent& event) {
  return event.done;
}

TEST(Worker, SeparatesAProductTellsImagesAndStartsWarmOnTheNext) {
  const test::Scratch scratch;
  transport::Context context;
  Worker worker(context, quick((scratch / "")));
  transport::Socket socket(context, transport::SocketKind::sub);
  socket.connect(worker.events());
  socket.subscribe("slices");
  worker.service().start();

  const fs::path folder = scratch / "series";
  fs::create_directories(folder);
  const spool::Product product = two_layers();
  spool::write_product(folder / "product.h5", product);
  const auto first = next(socket, done);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->event.series_uid, "two-layers");
  EXPECT_EQ(first->event.slices, 2U);
  EXPECT_EQ(first->event.shape, (Shape{72, 72}));
  EXPECT_EQ(first->bytes, 2 * 72 * 72 * sizeof(float));
  EXPECT_FALSE(first->event.warm);
  ASSERT_TRUE(test::eventually([&] { return fs::exists(folder / "ddip.state"); }));

  const spool::Product separated = spool::read_product(folder / "separated.h5");
  ASSERT_EQ(separated.object.size(), 2U);
  EXPECT_EQ(separated.layer_spacing_m, product.layer_spacing_m);
  EXPECT_NE(separated.object[1](30, 30), product.object[1](30, 30));
  EXPECT_NEAR(std::abs(separated.object[1](30, 30)), 0.9, 1e-3) << "the modulus is the reconstruction's";

  // The scan goes on: the same series with more light.
  spool::write_product(folder / "product.h5", two_layers(72, 2));
  const auto second = next(socket, [](const auto& event) { return event.done && event.warm; });
  EXPECT_TRUE(second) << "the networks know the sample";
  worker.service().request_stop();
  worker.service().join();
  EXPECT_FALSE(worker.service().failure());
}

TEST(Worker, StaysUpWhenAProductCannotBeSeparated) {
  const test::Scratch scratch;
  transport::Context context;
  Worker worker(context, quick((scratch / "")));
  worker.service().start();
  fs::create_directories(scratch / "one");
  spool::Product product = two_layers();
  product.object.pop_back();
  product.layer_spacing_m.clear();
  spool::write_product(scratch / "one" / "product.h5", product);
  ASSERT_TRUE(test::eventually([&] { return worker.alarms().is_active("refused"); }));
  EXPECT_NE(worker.alarms().active()[0].sentence.find("the product two-layers has one layer"),
            std::string::npos);

  fs::create_directories(scratch / "nan");
  spool::Product broken = two_layers();
  broken.object[0](4, 4) = std::nanf("");
  spool::write_product(scratch / "nan" / "product.h5", broken);
  ASSERT_TRUE(test::eventually([&] {
    const auto active = worker.alarms().active();
    return !active.empty() && active[0].sentence.find("no number") != std::string::npos;
  }));

  fs::create_directories(scratch / "good");
  spool::write_product(scratch / "good" / "product.h5", two_layers());
  EXPECT_TRUE(test::eventually([&] { return fs::exists(scratch / "good" / "separated.h5"); }));
  EXPECT_FALSE(worker.service().failure());
  worker.service().request_stop();
  worker.service().join();
}

TEST(WorkerOptions, AreReadFromTheirConfigurationToTheLastKey) {
  const std::string text =
      std::regex_replace(test::slurp("configs/ddip.toml"), std::regex("(^|\n)# ([a-z_]+ = )"), "$1$2");
  const auto document = config::Document::parse(text, "configs/ddip.toml");
  const WorkerOptions given = WorkerOptions::from(document.section("ddip"));
  const WorkerOptions standard;
  EXPECT_EQ(given.events, standard.events);
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
