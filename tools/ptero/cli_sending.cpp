#include "ptero/cli_sending.hpp"

namespace ptero::tools {

namespace {

void add_codec_option(CLI::App& app, Codec& codec) {
  app.add_option_function<std::string>(
         "--codec", [&codec](const std::string& t) { codec = *codec_from_name(t); },
         "of the payloads: none, lz4 or bslz4; default none")
      ->type_name("CODEC")
      ->check(CLI::IsMember({"none", "lz4", "bslz4"}));
}

void add_fault_options(CLI::App& app, synth::FaultRates& faults) {
  const auto share = [&](const char* name, double& value, const char* help) {
    app.add_option(name, value, help)->type_name("SHARE")->check(CLI::Range(0.0, 1.0));
  };
  share("--drop", faults.drop, "share of frames never sent");
  share("--duplicate", faults.duplicate, "share sent twice");
  share("--swap", faults.swap, "share sent after their successor");
  share("--corrupt", faults.corrupt, "share sent damaged");
  app.add_option("--seed", faults.seed, "of the faults")->capture_default_str();
}

}  // namespace

template <class Arguments>
void add_sending_options(CLI::App& app, Arguments& a) {
  app.add_option("--protocol", a.protocol, "native, simplon1 or simplon2 (without positions)")
      ->capture_default_str();
  app.add_option("--bind", a.bind, "endpoint, such as tcp://127.0.0.1:5570")->required()->type_name("URI");
  app.add_option("--rate", a.rate_hz, "frames a second; 0: as fast as possible")
      ->capture_default_str()
      ->type_name("HZ")
      ->check(CLI::NonNegativeNumber);
  add_codec_option(app, a.codec);
  add_fault_options(app, a.faults);
  app.add_option("--curve-secret", a.curve.server_secret,
                 "encrypt what is bound with this key (ptero keygen)")
      ->type_name("FILE");
  app.add_option("--curve-allowed", a.curve.allowed, "public keys of those who may connect")
      ->type_name("FILE");
  app.add_flag("--insecure", a.insecure, "bind an address other machines can reach without keys");
}

template void add_sending_options(CLI::App&, SimulateArguments&);
template void add_sending_options(CLI::App&, ReplayArguments&);

}  // namespace ptero::tools
