#include "ptero/cli_stage.hpp"

namespace ptero::tools {

namespace {

void add_motion_options(CLI::App& app, detector::SteeredOptions& follow) {
  const auto group = [](CLI::Option* option) { option->group("Steering"); };
  group(app.add_option("--stage-speed", follow.speed_m_s, "of a stage that follows advice, metres a second")
            ->capture_default_str()
            ->type_name("M/S"));
  group(app.add_option("--stage-settle", follow.settle_s, "after each of its moves")
            ->capture_default_str()
            ->type_name("S"));
  group(app.add_option("--patience", follow.patience_s,
                       "the scan is ended after so long without an exposure or a proposal")
            ->capture_default_str()
            ->type_name("S"));
}

}  // namespace

void add_stage_options(CLI::App& app, detector::StageOptions& stage) {
  const auto group = [](CLI::Option* option) { option->group("Stage"); };
  group(app.add_option("--bind-positions", stage.bind,
                       "publish positions apart from the frames, channels X.VAL, Y.VAL and MONITOR.VAL.Mean: "
                       "panda-zmq:ENDPOINT or panda-tcp:HOST:PORT")
            ->type_name("URI"));
  group(app.add_option("--position-lag", stage.lag, "frames that positions come late; negative: early")
            ->type_name("FRAMES"));
  group(app.add_option("--position-jitter", stage.jitter, "up to so many frames later")->type_name("FRAMES"));
  group(app.add_option("--position-loss", stage.loss, "share of position messages never sent"));
  group(app.add_option("--position-samples", stage.samples_per_frame, "of the stage in a frame")
            ->capture_default_str());
  group(app.add_option("--position-settling", stage.settling, "samples before the first frame's"));
}

void add_follow_options(CLI::App& app, detector::SteeredOptions& follow) {
  app.add_option(
         "--follow", follow.advice,
         "no plan: the stage goes where the classifier's advice says, within the field of the scan, until "
         "it says stop; the classifier's events, such as tcp://127.0.0.1:5576")
      ->type_name("URI")
      ->group("Steering");
  add_motion_options(app, follow);
}

void add_steering_options(CLI::App& app, LiveArguments& live) {
  app.add_option(
         "--steering", live.steering,
         "give advice, and let the stage of sim:SAMPLE follow it: automatic, or propose, where each advice "
         "waits until somebody accepts it")
      ->check(CLI::IsMember({"off", "propose", "automatic"}))
      ->group("Steering");
  add_motion_options(app, live.follow);
}

}  // namespace ptero::tools
