// Promise 9 under attack: three services with keys and tokens record a series while strangers knock at every
// port they have. Nobody gets in, everybody is counted, no log tells a secret, and the series is complete.
// PTERO_FULL=1: more connections. PTERO_TEST_SEED is not needed: nothing here is random.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <iostream>
#include <zmq.hpp>

#include <ptero/scanfile/inspect.hpp>
#include <ptero/transport/socket.hpp>
#include <ptero/wire/link.hpp>

#include "integration/hand_detector.hpp"
#include "support/http_client.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

using namespace std::chrono_literals;
using telemetry::RawClient;

std::vector<int> ports(std::size_t count) {
  transport::Context context;
  std::vector<transport::Socket> sockets;
  std::vector<int> numbers;
  for (std::size_t i = 0; i < count; ++i) {
    sockets.emplace_back(context, transport::SocketKind::router).bind("tcp://127.0.0.1:*");
    const auto endpoint = sockets.back().endpoint();
    numbers.push_back(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
  }
  return numbers;
}

std::string tcp(int port) {
  return "tcp://127.0.0.1:" + std::to_string(port);
}

class Security : public testing::Test {
 protected:
  enum Port { source, frames, selection, events_i, events_c, events_r, http_i, http_c, http_r, port_count };

  Security() {
    const auto made = run("ptero", {"keygen", (scratch_ / "keys").string()}, scratch_ / "keygen.log");
    EXPECT_EQ(made.code, 0) << made.output;
    const auto key = [&](const char* name) { return (scratch_ / "keys" / name).string(); };
    files_ = {key("server.key_secret"), key("allowed"), key("server.key"), key("client.key_secret")};
    server_public_ = transport::read_curve_key(files_.server_public, transport::CurveHalf::of_public);
    token_ = slurp(scratch_ / "keys/http.token");
    token_.erase(token_.find_last_not_of('\n') + 1);
    secrets_ = {transport::read_curve_key(files_.server_secret, transport::CurveHalf::of_secret),
                transport::read_curve_key(files_.client_secret, transport::CurveHalf::of_secret), token_};
    configure();
  }
  void configure() {
    const auto quoted = [](const std::string& text) { return "\"" + text + "\"\n"; };
    const auto common = [&](int events, int http) {
      return "events = " + quoted(tcp(at(events))) + "http_port = " + std::to_string(at(http)) +
             "\nhttp_token_file = " + quoted((scratch_ / "keys/http.token").string()) +
             "out = " + quoted((scratch_ / "data").string());
    };
    std::ofstream(scratch_ / "services.toml")
        << "[curve]\nserver_secret = " << quoted(files_.server_secret)
        << "allowed = " << quoted(files_.allowed) << "server_public = " << quoted(files_.server_public)
        << "client_secret = " << quoted(files_.client_secret)
        << "[ingest]\nsource = " << quoted("native:" + tcp(at(source)))
        << "curve_server_key = " << quoted(files_.server_public)
        << "curve_public_key = " << quoted((scratch_ / "keys/client.key").string())
        << "curve_secret_key = " << quoted(files_.client_secret) << "frame_link = " << quoted(tcp(at(frames)))
        << common(events_i, http_i) << "[classifier]\nframe_link = " << quoted(tcp(at(frames)))
        << "selection_link = " << quoted(tcp(at(selection))) << common(events_c, http_c)
        << "[reconstructor]\nepochs = 1\nfrc_epochs = 0\ndefocus_m = 355e-6\nselection_link = "
        << quoted(tcp(at(selection))) << common(events_r, http_r);
  }
  int at(int port) const { return ports_[static_cast<std::size_t>(port)]; }
  Program start(const std::string& service) {
    return Program("ptero-" + service, {"-c", (scratch_ / "services.toml").string()},
                   scratch_ / (service + ".log"));
  }
  /// /metrics with the token; empty while nobody answers.
  std::string page(int port) const {
    RawClient client(at(port));
    client.send("GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token_ + "\r\n\r\n");
    const auto all = client.receive_all();
    const auto end = all.find("\r\n\r\n");
    return all.starts_with("HTTP/1.1 200") ? all.substr(end + 4) : "";
  }
  double refused(int http, const std::string& reason) const {
    return metric(page(http), "ptero_connections_refused_total", "reason=\"" + reason + "\"");
  }

  Scratch scratch_;
  std::vector<int> ports_ = ports(port_count);
  transport::CurveFiles files_;
  std::string server_public_, token_;
  std::vector<std::string> secrets_;
};

/// Somebody who tries every way in over ZeroMQ for a second: what a subscriber and a consumer would say.
void knock(const std::vector<int>& ports, const transport::CurveKeys& keys) {
  zmq::context_t context;
  std::vector<zmq::socket_t> sockets;
  for (const int port : ports)
    for (const auto type : {zmq::socket_type::dealer, zmq::socket_type::sub}) {
      auto& socket = sockets.emplace_back(context, type);
      socket.set(zmq::sockopt::linger, 0);
      if (keys.given()) {
        socket.set(zmq::sockopt::curve_serverkey, keys.server_public);
        socket.set(zmq::sockopt::curve_publickey, keys.own_public);
        socket.set(zmq::sockopt::curve_secretkey, keys.own_secret);
      }
      if (type == zmq::socket_type::sub) socket.set(zmq::sockopt::subscribe, "");
      socket.connect(tcp(port));
      if (type == zmq::socket_type::dealer)
        socket.send(zmq::str_buffer("let me in"), zmq::send_flags::dontwait);
    }
  std::this_thread::sleep_for(1s);
  for (auto& socket : sockets) {
    zmq::message_t got;
    if (zmq::pollitem_t item{socket.handle(), 0, ZMQ_POLLIN, 0}; zmq::poll(&item, 1, 0ms) > 0)
      ADD_FAILURE() << "a stranger was told something";
  }
}

TEST_F(Security, NobodyComesInEverybodyIsCountedAndTheSeriesIsComplete) {
  auto ingest = start("ingest");
  auto classifier = start("classifier");
  auto reconstructor = start("reconstructor");
  std::vector<std::string> words{"simulate",        "nanosheets",    "--rate",         "60",
                                 "--bind",          tcp(at(source)), "--curve-secret", files_.server_secret,
                                 "--curve-allowed", files_.allowed};
  for (const auto& word : small_scan_arguments()) words.push_back(word);
  Program detector("ptero", words, scratch_ / "detector.log");
  ASSERT_TRUE(eventually([&] { return metric(page(http_c), "ptero_classifier_frames_total") > 20; }))
      << ingest.output() << classifier.output() << detector.output();

  const std::vector<int> doors{at(frames), at(selection), at(events_i), at(events_c), at(events_r)};
  const auto stranger = transport::make_curve_pair(), other = transport::make_curve_pair();
  // Knocks until every service has refused somebody for these reasons: a handshake takes its time.
  const auto refused_everywhere = [&](const transport::CurveKeys& keys, std::vector<std::string> reasons) {
    return eventually([&] {
      knock(doors, keys);
      return std::ranges::all_of(std::vector{http_i, http_c, http_r}, [&](int http) {
        return std::ranges::any_of(reasons,
                                   [&](const auto& reason) { return refused(http, reason.c_str()) > 0; });
      });
    });
  };
  EXPECT_TRUE(refused_everywhere({}, {"no_key", "broken_off"}));
  EXPECT_TRUE(refused_everywhere({other.of_public, stranger.of_public, stranger.of_secret}, {"wrong_key"}));
  EXPECT_TRUE(refused_everywhere({server_public_, stranger.of_public, stranger.of_secret}, {"not_allowed"}));

  // A flood: at every door more connections than it has any use for, which say nothing, or nonsense.
  const int flood = std::getenv("PTERO_FULL") ? 1000 : 200;
  {
    std::vector<std::unique_ptr<RawClient>> crowd;
    for (const int door : doors)
      for (int i = 0; i < flood; ++i) {
        crowd.push_back(std::make_unique<RawClient>(door));
        if (i % 3 == 1) crowd.back()->send(std::string(100, '\xff'));
        if (i % 3 == 2) crowd.back()->send("GET / HTTP/1.1\r\n\r\n");
      }
    for (const int http : {http_i, http_c, http_r}) {
      for (int i = 0; i < 60; ++i) {
        crowd.push_back(std::make_unique<RawClient>(at(http)));
        if (i % 2) crowd.back()->send("GET /metrics HTTP/1.1\r\nAuthoriz");
      }
      for (const char* line : {"GET /metrics", "POST /control", "GET /healthz/../metrics"})
        for (const std::string header : {"", "Authorization: Bearer 0123456789abcdef0123\r\n"}) {
          RawClient client(at(http));
          client.send(std::string(line) + " HTTP/1.1\r\nHost: x\r\n" + header + "\r\n");
          EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 401")) << line;
        }
    }
    for (const int http : {http_i, http_c, http_r})
      EXPECT_EQ(telemetry::get(at(http), "/healthz").status, 200) << "while the crowd is there";
  }

  ASSERT_TRUE(eventually([&] {
    const auto folder = scratch_ / "data/sim-nanosheets-3";
    return std::filesystem::exists(folder / "product.h5") && std::filesystem::exists(folder / "raw.h5") &&
           !std::filesystem::exists(folder / "series.journal");
  })) << ingest.output()
      << classifier.output() << reconstructor.output() << detector.output();
  EXPECT_EQ(detector.wait(), 0) << detector.output();
  const auto proof = scanfile::prove_ledger(scratch_ / "data/sim-nanosheets-3/raw.h5");
  EXPECT_TRUE(proof.faults.empty()) << proof.faults.front();
  EXPECT_EQ(proof.counted[FrameState::selected] + proof.counted[FrameState::background], 720u);
  run_live(live_options((scratch_ / "undisturbed").string()));
  EXPECT_EQ(labels_in(scratch_ / "data/sim-nanosheets-3/roi.csv"),
            labels_in(scratch_ / "undisturbed/roi.csv"));

  std::cout << "refused:";
  for (const int http : {http_i, http_c, http_r}) {
    for (const char* reason : {"no_key", "wrong_key", "not_allowed", "malformed", "broken_off"})
      std::cout << " " << reason << " " << refused(http, reason);
    const auto all = page(http);
    EXPECT_EQ(metric(all, "ptero_http_refused_total", "no_token"), 3) << http;
    EXPECT_EQ(metric(all, "ptero_http_refused_total", "wrong_token"), 3) << http;
    std::cout << ";";
  }
  std::cout << "\n";
  for (auto* service : {&ingest, &classifier, &reconstructor}) {
    service->kill(SIGTERM);
    EXPECT_EQ(service->wait(), 0) << service->output();
    const std::string log = service->output();
    EXPECT_NE(log.find(stranger.of_public), std::string::npos) << "who was refused is named by the key shown";
    EXPECT_NE(log.find("HTTP request refused"), std::string::npos);
    for (const auto& secret : secrets_) EXPECT_EQ(log.find(secret), std::string::npos);
    EXPECT_EQ(log.find("0123456789abcdef0123"), std::string::npos)
        << "the wrong token may be right elsewhere";
    EXPECT_LT(std::count(log.begin(), log.end(), '\n'), 100) << log;
  }
}

TEST_F(Security, WhoIsLetInCanSendNonsenseAndHarmsNobody) {
  auto ingest = start("ingest");
  ASSERT_TRUE(eventually([&] { return !page(http_i).empty(); })) << ingest.output();
  transport::Context context(files_, {});
  {
    transport::Socket insider(context, transport::SocketKind::dealer);
    insider.connect(tcp(at(frames)));
    const auto say = [&](const std::string& bytes) {
      EXPECT_EQ(insider.send({Bytes::take(std::string(bytes))}, 5s), transport::Socket::Sent::yes);
    };
    say("garbage");
    say("");
    say(std::string(100'000, '\xdd'));
    ASSERT_TRUE(eventually([&] { return metric(page(http_i), "ptero_ingest_link_bad_messages") >= 3; }));
    say(std::string(std::size_t{80} << 20, 'x'));  // more than a link takes: the connection is cut
    // Credit without bound does not make ingest queue without bound.
    insider.send(
        {wire::encode(wire::Hello{.consumer = "glutton", .session = 1, .credit = ~std::uint64_t{0}})}, 5s);
  }
  {
    transport::Socket viewer(context, transport::SocketKind::dealer);
    viewer.connect(tcp(at(events_i)));
    viewer.send({Bytes::take(std::string(1 << 20, '\1'))}, 5s);
  }
  std::this_thread::sleep_for(500ms);
  transport::Socket sub(context, transport::SocketKind::sub);
  sub.connect(tcp(at(events_i)));
  EXPECT_FALSE(ingest.ended()) << ingest.output();
  EXPECT_EQ(telemetry::get(at(http_i), "/healthz").status, 200);
  ingest.kill(SIGTERM);
  EXPECT_EQ(ingest.wait(), 0) << ingest.output();
}

TEST_F(Security, AnExposedAddressWithoutKeysOrTokenIsRefusedInOneSentence) {
  const auto refused = [&](const std::vector<std::string>& settings) {
    std::vector<std::string> words;
    for (const auto& setting : settings) words.insert(words.end(), {"--set", setting});
    const auto ran = run("ptero-ingest", words, scratch_ / "log");
    EXPECT_EQ(ran.code, 2) << ran.output;
    EXPECT_EQ(std::count(ran.output.begin(), ran.output.end(), '\n'), 1) << ran.output;
    return ran.output;
  };
  const std::string out = "ingest.out=" + (scratch_ / "data").string();
  EXPECT_NE(refused({out, "ingest.frame_link=tcp://0.0.0.0:*"}).find("[curve]"), std::string::npos);
  EXPECT_NE(refused({out, "ingest.frame_link=tcp://127.0.0.1:*", "ingest.events=tcp://127.0.0.1:*",
                     "ingest.http_port=0", "ingest.http_address=0.0.0.0"})
                .find("[ingest] http_token_file"),
            std::string::npos);
  chmod(files_.server_secret.c_str(), 0644);
  const auto open =
      refused({out, "curve.server_secret=" + files_.server_secret, "curve.allowed=" + files_.allowed});
  EXPECT_NE(open.find("chmod 600"), std::string::npos) << open;
  EXPECT_EQ(open.find(secrets_[0]), std::string::npos);
}

TEST(SecondPuller, IsNamedByAnAlarmAndWhatItTookIsMissing) {
  Scratch scratch;
  HandDetector detector;
  transport::Context context;
  ingest::Ingest ingest(context, {.source = "native:" + detector.endpoint(),
                                  .frame_link = "inproc://frames",
                                  .events = "inproc://events",
                                  .out = (scratch / "data").string(),
                                  .folder_per_series = false,
                                  .label_wait_s = 0});
  ingest.service().start();
  detector.send(detector.info());
  ASSERT_TRUE(eventually([&] { return metric(ingest.metrics().text(), "ptero_ledger_frames") > 0; }));
  transport::Socket thief(context, transport::SocketKind::pull, {.foreign = true});
  thief.connect(detector.endpoint());
  std::uint64_t stolen = 0;
  const auto alarm = [&] {
    return metric(ingest.metrics().text(), "ptero_alarm_active", "alarm=\"stealing\"") > 0;
  };
  for (FrameId id = 0; id < 400; ++id) {
    detector.send(detector.frame(id));
    while (thief.receive(1ms)) ++stolen;
  }
  EXPECT_TRUE(eventually(alarm, 5));
  EXPECT_FALSE(ingest.not_ready().empty());
  ASSERT_GT(stolen, 100u);
  const auto taken = [&] { return metric(ingest.metrics().text(), "ptero_ingest_frames_total"); };
  EXPECT_TRUE(eventually([&] { return taken() == double(400 - stolen); }, 10)) << taken() << " " << stolen;
  ingest.service().request_stop();
  ingest.service().join();
  const auto proof = scanfile::prove_ledger(scratch / "data/raw.h5");
  EXPECT_TRUE(proof.faults.empty());
  EXPECT_EQ(proof.counted[FrameState::missing] + proof.counted[FrameState::not_taken] + taken(), 720);
}

}  // namespace
}  // namespace ptero::test
