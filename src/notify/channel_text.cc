// What is shown of channels, without their secrets. See channel.h.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "notify/channel.h"
#include "synfin/cli/config_file.h"

namespace synfin {
namespace {

void mask(std::string& text, const std::string& secret) {
  if (secret.size() < 4) return;
  for (std::size_t at = 0; (at = text.find(secret, at)) != text.npos; at += 3)
    text.replace(at, secret.size(), "***");
}

/// "192.0.2.0/24".
std::string block_text(const Cidr& block) {
  const bool v4 = block.first().is_v4() && block.bits() >= 96;
  return fmt::format("{}/{}", block.first().to_string(), v4 ? block.bits() - 96 : block.bits());
}

}  // namespace

std::string without_secrets(std::string text, const Channel& channel) {
  const std::string path =
      channel.url.substr(std::min(channel.url.find("://"), channel.url.size()));
  const std::size_t host_end = path.find('/', 3);
  mask(text, channel.url);
  if (host_end != path.npos && path.size() - host_end > 8) mask(text, path.substr(host_end));
  for (const std::string* secret : {&channel.token, &channel.password, &channel.secret})
    mask(text, *secret);
  return text;
}

std::string masked_text(const NotifySettings& settings) {
  const auto seconds = [](Duration d) {
    return std::chrono::duration_cast<std::chrono::seconds>(d).count();
  };
  std::string text = fmt::format(
      "[notify]\n{}group-delay = {}s\ninterval = {}s\nretry-delay = {}s\n"
      "max-age = {}s\n",
      config_line("name", settings.sensor), seconds(settings.group_delay),
      seconds(settings.interval), seconds(settings.retry_delay), seconds(settings.max_age));
  for (const Channel& c : settings.channels) {
    text += fmt::format("\n[notify.{}]\nkind = {}\nenabled = {}\n", c.name, to_string(c.kind),
                        c.enabled);
    for (int kind = 0; kind < kMessageKinds; ++kind) {
      if (c.selects(static_cast<MessageKind>(kind)))
        text += fmt::format("messages = {}\n", to_string(static_cast<MessageKind>(kind)));
    }
    for (const Cidr& block : c.hosts) text += fmt::format("hosts = {}\n", block_text(block));
    text += fmt::format("timeout = {}s\n", seconds(c.timeout));
    if (c.plain_http) text += "plain-http = true\n";
    if (c.kind == ChannelKind::Email) {
      constexpr std::array<const char*, 3> kTls{"starttls", "tls", "none"};
      text += config_line("server", c.server);
      text += fmt::format("port = {}\ntls = {}\nfrom = {}\n", c.port,
                          kTls[static_cast<std::size_t>(c.tls)], c.from);
      for (const std::string& to : c.to) text += fmt::format("to = {}\n", to);
    }
    const std::pair<const char*, const std::string*> texts[] = {
        {"user", &c.user},
        {"chat-id", &c.chat_id},
        {"ca-file", &c.ca_file},
        {"subject-prefix", &c.subject_prefix}};
    for (const auto& [key, value] : texts) {
      if (!value->empty()) text += config_line(key, *value);
    }
    const std::pair<const char*, const std::string*> secrets[] = {
        {"url", &c.url}, {"token", &c.token}, {"password", &c.password}, {"secret", &c.secret}};
    for (const auto& [key, value] : secrets) {
      if (!value->empty()) text += fmt::format("{} = ***\n", key);
    }
  }
  return text;
}

}  // namespace synfin
