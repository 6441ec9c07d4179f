#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>

#include <ptero/core/error.hpp>
#include <ptero/core/guarded_file.hpp>
#include <ptero/transport/curve_keys.hpp>

#include "ptero/commands.hpp"

namespace ptero::tools {

namespace {

namespace fs = std::filesystem;
constexpr const char* names[] = {"server.key_secret", "server.key", "client.key_secret",
                                 "client.key",        "allowed",    "http.token"};

/// 43 letters, digits, '-' and '_': 256 random bits.
std::string make_token() {
  std::array<unsigned char, 32> random;
  if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    throw Error("cannot make a token", std::strerror(errno));
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string token;
  for (std::size_t bit = 0; bit < 8 * random.size(); bit += 6) {
    const unsigned pair = random[bit / 8] << 8 | (bit / 8 + 1 < random.size() ? random[bit / 8 + 1] : 0u);
    token += letters[pair >> (10 - bit % 8) & 63];
  }
  return token;
}

/// Before anything is made: half a set of keys helps nobody.
void prepare(const fs::path& folder) {
  for (const char* name : names)
    if (fs::exists(folder / name))
      throw InputError((folder / name).string() + " exists", "keys are never written over",
                       "choose another folder");
  std::error_code error;
  if (!fs::create_directories(folder, error) && error)
    throw InputError("cannot make the folder " + folder.string(), error.message());
}

}  // namespace

int run_keygen(const KeygenArguments& arguments) {
  const fs::path folder = arguments.folder;
  prepare(folder);
  const auto server = transport::make_curve_pair();
  const auto client = transport::make_curve_pair();
  transport::write_certificates(folder / "server", server);
  transport::write_certificates(folder / "client", client);
  write_guarded_file(folder / "allowed",
                     "# Public keys of those who may connect, one a line. Read again when it changes.\n" +
                         client.of_public + "  # " + (folder / "client.key").string() + "\n",
                     Others::may_read);
  write_guarded_file(folder / "http.token", make_token() + "\n", Others::may_do_nothing);
  const auto line = [&](const char* key, const char* name) {
    std::cout << key << " = \"" << (folder / name).string() << "\"\n";
  };
  std::cout << "# server: " << server.of_public << "\n# client: " << client.of_public
            << "\n\n[curve]  # the same in the configuration of every process\n";
  line("server_secret", "server.key_secret");
  line("allowed", "allowed");
  line("server_public", "server.key");
  line("client_secret", "client.key_secret");
  std::cout << "\n# in the section of every service that is asked over HTTP\n";
  line("http_token_file", "http.token");
  std::cout << "\n# in [ingest], for a detector started with: ptero simulate ... --curve-secret "
            << (folder / "server.key_secret").string() << " --curve-allowed " << (folder / "allowed").string()
            << "\n";
  line("curve_server_key", "server.key");
  line("curve_public_key", "client.key");
  line("curve_secret_key", "client.key_secret");
  return 0;
}

}  // namespace ptero::tools
