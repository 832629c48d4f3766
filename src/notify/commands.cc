// See commands.h.
#include "synfin/notify/commands.h"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <random>

#include "notify/channel.h"
#include "notify/render.h"
#include "notify/transfers.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/escape.h"
#include "synfin/base/print_text.h"
#include "synfin/base/result.h"
#include "synfin/base/secret_message.h"
#include "synfin/base/wall_clock.h"
#include "synfin/cli/option_parser.h"
#include "synfin/sandbox/privileges.h"
#include "synfin/sandbox/without_rights.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxMasked = std::size_t{4} << 20;

Result<int> print_line(const std::string& text) {
  std::string line;
  append_plain(line, text);
  return print_text(line + "\n");
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

/// Gives up all rights before it parses the settings.
Result<NotifySettings> load_settings(const std::string& path) {
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // no core dump of secrets
  auto config = load_config(path);
  if (!config) return config.error();
  if (config->path.empty())
    return usage_error("no configuration file exists; name one with --config, see synfin.conf(5)");
  auto files = NamedFiles::open(config->notify.view(), config->path);
  if (!files) return files.error();
  if (auto dropped = drop_privileges(""); !dropped) return dropped.error();
  auto settings = parse_notify(
      {config->notify.view(), config->path, config->all_users_read, std::move(*files)});
  if (!settings) return settings.error();
  if (settings->channels.empty())
    return usage_error(fmt::format("{} has no section [notify.NAME]", config->path));
  for (const std::string& warning : settings->warnings) log(LogLevel::Warning, warning);
  return settings;
}

}  // namespace

std::vector<OptionRow> notify_test_rows(NotifyTestQuery& q) {
  constexpr std::string_view group = "Options";
  OptionValue address = text("IP", q.host);
  address.expects = "an address";
  address.set = [&q](const std::string& given) {
    q.host = given;
    return Address::parse(given).has_value();
  };
  return {{group, "--host", "send a sample alert about this address", std::move(address)},
          {group, "--channel", "send through the channel of the section [notify.NAME] only",
           text("NAME", q.channel)},
          {group, "--config", "read FILE; see synfin.conf(5)",
           text("FILE", q.config, Completion::File)},
          {group, "-h,--help", "print this help and exit", flag(q.help)}};
}

Result<int> run_notify_command(int argc, const char* const* argv) {
  constexpr std::string_view kHelp =
      "Usage: synfin notify test [OPTIONS]\n\n"
      "test sends a message to each channel, and prints each answer.\n\n"
      "More: man synfin-notify.\n";
  const std::string_view action = argc > 1 ? argv[1] : "";
  if (action == "test") return run_notify_test(argc - 1, argv + 1);
  return answer_no_action("synfin notify", {"test"}, action, kHelp);
}

Result<int> run_notify_test(int argc, const char* const* argv) {
  constexpr std::string_view kCommand = "synfin notify test";
  NotifyTestQuery options;
  const auto rows = notify_test_rows(options);
  const auto words = parse_command(kCommand, rows, argc, argv);
  if (!words) return words.error();
  if (options.help)
    return print_text(help_text(rows, "Usage: synfin notify test [OPTIONS]\n",
                                "\nExit status: 0 all delivered; 1 a channel failed.\n"));
  if (!words->empty())
    return wrong_command(kCommand, fmt::format("'{}' is no option", words->front()));
  const auto settings = load_settings(options.config);
  if (!settings) return settings.error();
  int sent = 0, failed = 0;
  const Message message = test_message(options.host, *settings);
  for (const Channel& channel : settings->channels) {
    const bool chosen = options.channel.empty() ? channel.enabled : channel.name == options.channel;
    if (!chosen) continue;
    const Answer answer = send_now(channel, message);
    ++(answer.delivered ? sent : failed);
    const auto printed =
        print_line(fmt::format("{} ({}): {}: {}{}{}", channel.name, to_string(channel.kind),
                               answer.delivered ? "delivered" : "failed", answer.sentence,
                               answer.body.empty() ? "" : ": ", answer.body));
    if (!printed) return printed.error();
  }
  if (sent + failed == 0) {
    return usage_error(options.channel.empty()
                           ? "no channel is enabled"
                           : "no section [notify." + options.channel + "] exists");
  }
  return failed == 0 ? 0 : 1;
}

Result<std::string> masked_notify(const ConfigFile& config, const std::string& state,
                                  std::vector<std::string>& warnings) {
  if (!has_notifications(config)) return std::string{};
  auto files = NamedFiles::open(config.notify.view(), config.path);
  if (!files) return files.error();
  const auto packed = run_without_rights(
      config.path,
      [&]() -> Result<SecretText> {
        const auto settings =
            parse_notify({config.notify.view(), config.path, config.all_users_read, *files});
        if (!settings) return settings.error();
        SecretWriter to;
        to.text(masked_text(*settings));
        for (const std::string& warning : settings->warnings) to.text(warning);
        return to.take();
      },
      kMaxMasked);
  if (!packed) return packed.error();
  if (const Status stateful = check_notify_state(config, state); !stateful) return stateful.error();
  SecretReader from(packed->view());
  std::string masked(from.text());
  while (!from.at_end()) warnings.emplace_back(from.text());
  if (!from.is_valid())
    return Error{fmt::format("the process that reads {} sent an invalid message", config.path)};
  return masked;
}

}  // namespace synfin
