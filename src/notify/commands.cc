// See commands.h.
#include "synfin/notify/commands.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <random>

#include "notify/channel.h"
#include "notify/render.h"
#include "notify/transfers.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/escape.h"
#include "synfin/base/input_file.h"
#include "synfin/base/wall_clock.h"
#include "synfin/cli/option_parser.h"
#include "synfin/sandbox/privileges.h"

namespace synfin {
namespace {

Error usage(std::string message) { return {std::move(message), ErrorKind::Usage}; }

void print_line(const std::string& text) {
  std::string line;
  append_plain(line, text);
  fmt::print("{}\n", line);
}

std::string random_id() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}", device(), device());
}

Message test_message(const std::string& host, const NotifySettings& settings) {
  if (!host.empty()) {
    Change change;
    change.kind = ChangeKind::NewPort;
    change.id = random_id();
    change.time = wall_clock();
    change.host.ip = *Address::parse(host);
    change.port.port = 443;
    change.port.name = "https";
    change.port.state = PortState::Open;
    change.port.was = PortState::Closed;
    change.port.witnesses = 1;
    change.evidence = "a sample that `synfin notify test` sends: nothing changed";
    Message message = message_of(change);
    message.title = "Sample: " + message.title;
    return message;
  }
  Message message;
  message.id = random_id();
  message.time = wall_clock();
  message.title = fmt::format("A test message of synfin on {}", settings.sensor);
  return message;
}

/// Sends all parts of a message through one channel. Returns the last answer.
Answer send_now(const Channel& channel, const Message& message) {
  Answer answer;
  Transfers transfers;
  for (Outgoing& part : render(message, channel, wall_clock())) {
    answer = judge(transfers.run(request_for(channel, std::move(part))), channel);
    if (!answer.delivered) break;
  }
  return answer;
}

struct TestOptions {
  std::string config, host, channel;
  bool help = false;
};

std::vector<OptionRow> test_rows(TestOptions& o) {
  constexpr std::string_view group = "Options";
  OptionValue address = text("IP", o.host);
  address.expects = "an address";
  address.set = [&o](const std::string& given) {
    o.host = given;
    return Address::parse(given).has_value();
  };
  return {{group, "--host", "send a sample alert about this address", std::move(address)},
          {group, "--channel", "send through the channel of the section [notify.NAME] only",
           text("NAME", o.channel)},
          {group, "--config", "read FILE; see synfin.conf(5)",
           text("FILE", o.config, Completion::File)},
          {group, "-h,--help", "print this help and exit", flag(o.help)}};
}

Result<NotifySettings> load_settings(const std::string& path) {
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // no core dump of secrets
  auto config = load_config(path);
  if (!config) return config.error();
  if (config->path.empty())
    return usage("no configuration file exists; name one with --config, see synfin.conf(5)");
  auto settings = parse_notify(config->notify.view(), config->path, config->all_users_read);
  if (!settings) return settings.error();
  if (settings->channels.empty())
    return usage(fmt::format("{} has no section [notify.NAME]", config->path));
  for (const std::string& warning : settings->warnings) log(LogLevel::Warning, warning);
  return settings;
}

}  // namespace

Result<int> run_notify_test(int argc, const char* const* argv) {
  TestOptions options;
  const auto rows = test_rows(options);
  const auto words = parse_words(rows, argc, argv);
  if (!words) return words.error();
  if (options.help) {
    fmt::print("{}", help_text(rows, "Usage: synfin notify test [OPTIONS]\n",
                               "\nExit status: 0 all delivered; 1 a channel failed.\n"));
    return 0;
  }
  if (!words->filter.empty()) return usage("synfin notify test takes options only");
  const auto settings = load_settings(options.config);
  if (!settings) return settings.error();
  if (auto dropped = drop_privileges(""); !dropped) return dropped.error();
  int sent = 0, failed = 0;
  const Message message = test_message(options.host, *settings);
  for (const Channel& channel : settings->channels) {
    const bool chosen = options.channel.empty() ? channel.enabled : channel.name == options.channel;
    if (!chosen) continue;
    const Answer answer = send_now(channel, message);
    ++(answer.delivered ? sent : failed);
    print_line(fmt::format("{} ({}): {}: {}{}{}", channel.name, to_string(channel.kind),
                           answer.delivered ? "delivered" : "failed", answer.sentence,
                           answer.body.empty() ? "" : ": ", answer.body));
  }
  if (sent + failed == 0) {
    return usage(options.channel.empty() ? "no channel is enabled"
                                         : "no section [notify." + options.channel + "] exists");
  }
  return failed == 0 ? 0 : 1;
}

Result<std::string> masked_notify(const ConfigFile& config, std::vector<std::string>& warnings) {
  const std::string_view text = config.notify.view();
  if (text.find_first_not_of(" \t\r\n") == text.npos) return std::string{};
  auto settings = parse_notify(text, config.path, config.all_users_read);
  if (!settings) return settings.error();
  warnings.insert(warnings.end(), settings->warnings.begin(), settings->warnings.end());
  return masked_text(*settings);
}

Result<int> run_config_import(int argc, const char* const* argv) {
  if (argc != 2 || argv[1][0] == '-')
    return usage("usage: synfin config import FILE > synfin.conf");
  const std::string path = argv[1];
  const auto text = read_input(path, std::size_t{1} << 20);
  if (!text) return usage(fmt::format("cannot read {}", path));
  const auto imported = import_port_monitor(*text, path);
  if (!imported) return imported.error();
  struct stat about {};
  // The result holds the secrets of the original.
  if (fstat(STDOUT_FILENO, &about) == 0 && S_ISREG(about.st_mode))
    (void)fchmod(STDOUT_FILENO, 0600);
  fmt::print("{}", imported->text);
  for (const std::string& sentence : imported->not_understood) log(LogLevel::Warning, sentence);
  return imported->not_understood.empty() ? 0 : 1;
}

}  // namespace synfin
