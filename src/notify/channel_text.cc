// What is shown of channels, without their secrets. See channel.h.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "notify/channel.h"
#include "notify/render.h"
#include "synfin/cli/config_file.h"

namespace synfin {
namespace {

/// A shorter text would be masked in many other words.
constexpr std::size_t kMinSecret = 4;

void mask(std::string& text, const std::string& secret) {
  if (secret.size() < kMinSecret) return;
  for (std::size_t at = 0; (at = text.find(secret, at)) != text.npos; at += 3)
    text.replace(at, secret.size(), "***");
}

/// Replaces the beginning of a secret at the end of a text.
void mask_end(std::string& text, const std::vector<std::string>& secrets) {
  std::size_t most = 0;
  for (const std::string_view secret : secrets) {
    for (std::size_t size = secret.size(); size >= kMinSecret && size > most; --size)
      if (text.ends_with(secret.substr(0, size))) most = size;
  }
  if (most > 0) text.replace(text.size() - most, most, "***");
}

/// Appends the pieces of `text` between characters of `ends` that `selects` accepts.
template <typename Selects>
void add_pieces(std::vector<std::string>& secrets, std::string_view text, const char* ends,
                const Selects& selects) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(ends), text.size());
    if (selects(text.substr(0, end))) secrets.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// True for a part of a path that is rather a token than a name.
bool is_token(std::string_view part) {
  const bool has_digit = part.find_first_of("0123456789") != part.npos;
  return part.size() >= (has_digit ? 8 : 16);
}

/// What a server receives if `credentials` ("user:password") authorize a request.
void add_credentials(std::vector<std::string>& secrets, const std::string& credentials) {
  const std::size_t colon = credentials.find(':');
  if (colon == credentials.npos) return;
  const std::string user = credentials.substr(0, colon), password = credentials.substr(colon + 1);
  if (password.empty()) return;
  secrets.insert(secrets.end(), {password, base64(credentials), base64(password)});
  const std::string zero(1, '\0');
  secrets.push_back(base64(zero + user + zero + password));  // RFC 4616
}

/// An address, and the parts of it that may authorize its user.
void add_url(std::vector<std::string>& secrets, const std::string& url) {
  constexpr std::size_t kMinPath = 9, kMinValue = 6;
  const std::size_t begin = url.find("://");
  if (begin == url.npos) return;
  secrets.push_back(url);
  const std::string_view rest = std::string_view(url).substr(begin + 3);
  const std::size_t host_end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view host = rest.substr(0, host_end), target = rest.substr(host_end);
  if (const std::size_t at = host.rfind('@'); at != host.npos)
    add_credentials(secrets, std::string(host.substr(0, at)));
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string_view query = target.substr(std::min(path.size() + 1, target.size()));
  for (const std::string_view part : {target, path})
    if (part.size() >= kMinPath) secrets.emplace_back(part);
  add_pieces(secrets, path, "/", is_token);
  const auto is_long = [](std::string_view part) { return part.size() >= kMinValue; };
  if (is_long(query)) secrets.emplace_back(query);
  add_pieces(secrets, query, "&=;", is_long);
}

std::vector<std::string> secrets_of(const Channel& channel) {
  std::vector<std::string> secrets{channel.token, channel.secret, channel.password};
  add_url(secrets, channel.url);
  add_credentials(secrets, channel.user + ":" + channel.password);
  return secrets;
}

/// Appends each secret as JSON may have it.
void add_json_forms(std::vector<std::string>& secrets) {
  const std::size_t count = secrets.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (secrets[i].find('/') == std::string::npos) continue;
    std::string escaped;
    for (const char c : secrets[i]) escaped += c == '/' ? std::string("\\/") : std::string(1, c);
    secrets.push_back(std::move(escaped));
  }
}

/// "192.0.2.0/24".
std::string block_text(const Cidr& block) {
  const bool v4 = block.first().is_v4() && block.bits() >= 96;
  return fmt::format("{}/{}", block.first().to_string(), v4 ? block.bits() - 96 : block.bits());
}

}  // namespace

std::string without_secrets(std::string text, const Channel& channel, bool is_cut) {
  std::vector<std::string> secrets = secrets_of(channel);
  add_json_forms(secrets);
  std::sort(secrets.begin(), secrets.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
  for (const std::string& secret : secrets) mask(text, secret);
  if (is_cut) mask_end(text, secrets);
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
