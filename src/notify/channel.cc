// The sections [notify] and [notify.NAME]. Each kind of channel has a table of its keys.
#include "notify/channel.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "synfin/base/escape.h"
#include "synfin/cli/config_file.h"
#include "synfin/cli/option_row.h"
#include "synfin/cli/secrets.h"
#include "synfin/cli/time_text.h"

namespace synfin {
namespace {

constexpr std::array<std::string_view, kChannelKinds> kChannelNames{"email",    "slack", "teams",
                                                                    "telegram", "ntfy",  "webhook"};
constexpr std::string_view kSections = "notify.";

using Store = std::function<bool(const std::string&)>;

struct Key {
  std::string name;
  std::string expects;  ///< completes "KEY takes …"
  Store store;
  bool secret = false;  ///< also as NAME-file and NAME-credential
  bool repeatable = false;
  bool required = false;
};

Store to_text(std::string& target) {
  return [&target](const std::string& text) {
    target = text;
    return !text.empty() && text.find_first_of("\r\n") == text.npos;
  };
}

Store to_truth(bool& target) {
  return [&target](const std::string& text) {
    target = text == "true" || text == "yes" || text == "on" || text == "1";
    return target || text == "false" || text == "no" || text == "off" || text == "0";
  };
}

Store to_duration(Duration& target) {
  return [&target](const std::string& text) {
    const auto parsed = parse_duration(text);
    target = parsed.value_or(target);
    return parsed.has_value();
  };
}

/// Calls `store` with each item of a list between commas.
Store to_each(Store store) {
  return [store = std::move(store)](const std::string& text) {
    std::size_t from = 0;
    while (from <= text.size()) {
      const std::size_t end = std::min(text.find(',', from), text.size());
      std::string item = text.substr(from, end - from);
      item.erase(0, item.find_first_not_of(" \t"));
      item.erase(item.find_last_not_of(" \t") + 1);
      if (item.empty() || !store(item)) return false;
      from = end + 1;
    }
    return true;
  };
}

std::vector<Key> common_keys(Channel& c, std::string& kind) {
  return {
      {.name = "kind",
       .expects = "email, slack, teams, telegram, ntfy or webhook",
       .store = to_text(kind),
       .required = true},
      {.name = "enabled", .expects = "true or false", .store = to_truth(c.enabled)},
      {.name = "messages",
       .expects = "start, change, digest and gap, separated by commas",
       .store = to_each([&c](const std::string& word) {
         const auto message = message_kind(word);
         if (message) c.messages |= 1U << static_cast<unsigned>(*message);
         return message && *message != MessageKind::Test;
       }),
       .repeatable = true},
      {.name = "hosts",
       .expects = "addresses or CIDRs, separated by commas",
       .store = to_each([&c](const std::string& word) {
         const auto block = Cidr::parse(word);
         if (block) c.hosts.push_back(*block);
         return block.has_value();
       }),
       .repeatable = true},
      {.name = "timeout", .expects = "a time such as 30s", .store = to_duration(c.timeout)},
      {.name = "ca-file", .expects = "a file", .store = to_text(c.ca_file)},
      {.name = "plain-http", .expects = "true or false", .store = to_truth(c.plain_http)},
  };
}

/// An address for a header. RFC 5321 §4.1.2 without quoted local parts.
bool is_mail_address(const std::string& text) {
  const std::size_t at = text.rfind('@');
  return at != text.npos && at != 0 && at + 1 < text.size() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return c > 32 && c < 127 &&
                  std::string_view("<>(),;:\"\\").find(static_cast<char>(c)) ==
                      std::string_view::npos;
         });
}

std::vector<Key> email_keys(Channel& c) {
  return {
      {.name = "server",
       .expects = "the name or address of a host",
       .store =
           [&c](const std::string& text) {
             c.server = text;  // shown as it is, so it must not be a URL with a password
             return !text.empty() && text.find_first_of("@/ \r\n\t") == text.npos;
           },
       .required = true},
      {.name = "port",
       .expects = "a port",
       .store =
           [&c](const std::string& text) {
             std::uint64_t number = 0;
             const bool valid = parse_number(text, 1, 65535, number);
             c.port = static_cast<std::uint16_t>(number);
             return valid;
           }},
      {.name = "tls",
       .expects = "starttls, tls or none",
       .store =
           [&c](const std::string& text) {
             c.tls = text == "tls"    ? MailSecurity::Tls
                     : text == "none" ? MailSecurity::None
                                      : MailSecurity::StartTls;
             return text == "tls" || text == "none" || text == "starttls";
           }},
      {.name = "user", .expects = "a text", .store = to_text(c.user)},
      {.name = "password", .expects = "a text", .store = to_text(c.password), .secret = true},
      {.name = "from",
       .expects = "an address such as synfin@example.net",
       .store =
           [&c](const std::string& text) {
             c.from = text;
             return is_mail_address(text);
           },
       .required = true},
      {.name = "to",
       .expects = "addresses, separated by commas",
       .store = to_each([&c](const std::string& text) {
         c.to.push_back(text);
         return is_mail_address(text);
       }),
       .repeatable = true,
       .required = true},
      {.name = "subject-prefix", .expects = "a text", .store = to_text(c.subject_prefix)},
  };
}

Key url_key(Channel& c) {
  return {.name = "url",
          .expects = "an address that begins with https://",
          .store =
              [&c](const std::string& text) {
                c.url = text;
                return (text.starts_with("https://") || text.starts_with("http://")) &&
                       text.find_first_of(" \r\n\t") == text.npos;
              },
          .secret = true,
          .required = true};
}

std::vector<Key> kind_keys(Channel& c) {
  switch (c.kind) {
    case ChannelKind::Email:
      return email_keys(c);
    case ChannelKind::Slack:
    case ChannelKind::Teams:
      return {url_key(c)};
    case ChannelKind::Telegram: {
      Key url = url_key(c);
      url.required = false;
      return {std::move(url),
              {.name = "token",
               .expects = "a text",
               .store = to_text(c.token),
               .secret = true,
               .required = true},
              {.name = "chat-id",
               .expects = "the number or @name of a chat",
               .store = to_text(c.chat_id),
               .required = true}};
    }
    case ChannelKind::Ntfy:
      return {
          url_key(c),
          {.name = "token", .expects = "a text", .store = to_text(c.token), .secret = true},
          {.name = "user", .expects = "a text", .store = to_text(c.user)},
          {.name = "password", .expects = "a text", .store = to_text(c.password), .secret = true}};
    case ChannelKind::Webhook:
      return {url_key(c),
              {.name = "secret", .expects = "a text", .store = to_text(c.secret), .secret = true}};
  }
  return {};
}

std::vector<Key> general_keys(NotifySettings& s) {
  return {
      {.name = "name", .expects = "a text", .store = to_text(s.sensor)},
      {.name = "group-delay", .expects = "a time such as 5s", .store = to_duration(s.group_delay)},
      {.name = "interval", .expects = "a time such as 60s", .store = to_duration(s.interval)},
      {.name = "retry-delay", .expects = "a time such as 5s", .store = to_duration(s.retry_delay)},
      {.name = "max-age", .expects = "a time such as 3d", .store = to_duration(s.max_age)},
  };
}

/// The lines of one section and what was found in them.
struct Section {
  std::string name;
  std::vector<ConfigEntry> entries;
};

struct Reader {
  const std::string& path;
  const NamedFiles& files;
  std::vector<std::string>& warnings;
  bool inline_secrets = false;

  Error at(const ConfigEntry& entry, const std::string& what) const {
    return usage_error(config_place(path, entry.line) + what);
  }

  /// The value of an entry, after references. Sets `key` to the name without "-file".
  Result<std::string> value_of(const ConfigEntry& entry, const std::vector<Key>& keys,
                               const Key*& key) {
    for (const Key& one : keys) {
      if (entry.key == one.name) {
        key = &one;
        inline_secrets =
            inline_secrets || (one.secret && entry.value.find("${") == std::string::npos);
        return expand_variables(entry.value);
      }
      if (!one.secret) continue;
      key = &one;
      if (entry.key == one.name + "-file") return read_secret_file(entry.value, files, warnings);
      if (entry.key == one.name + "-credential")
        return read_credential(entry.value, files, warnings);
    }
    key = nullptr;
    return std::string{};
  }

  Error unknown(const Section& section, const ConfigEntry& entry, const std::vector<Key>& keys) {
    std::vector<std::string> known;
    for (const Key& key : keys) {
      known.push_back(key.name);
      if (!key.secret) continue;
      known.push_back(key.name + "-file");
      known.push_back(key.name + "-credential");
    }
    const std::string near = did_you_mean(known, entry.key);
    // A line that is only a word may be the secret itself.
    if (!is_key(entry.key) || near.empty())
      return at(entry,
                fmt::format("the line is not \"key = value\" with a key of [{}]", section.name));
    return at(entry, fmt::format("unknown key '{}' in [{}]{}", entry.key, section.name, near));
  }

  Status read(const Section& section, const std::vector<Key>& keys) {
    std::map<const Key*, bool> seen;
    for (const ConfigEntry& entry : section.entries) {
      const Key* key = nullptr;
      auto value = value_of(entry, keys, key);
      if (key == nullptr) return unknown(section, entry, keys);
      if (!value) return at(entry, fmt::format("{}: {}", entry.key, value.error().message));
      if (std::exchange(seen[key], true) && !key->repeatable)
        return at(entry, fmt::format("{} may be given only once", key->name));
      if (!key->store(*value))
        return at(entry, fmt::format("{} takes {}", key->name, key->expects));
    }
    for (const Key& key : keys) {
      if (!key.required || seen[&key]) continue;
      return usage_error(
          fmt::format("{}: [{}] lacks {}", path, section.name,
                      key.secret ? key.name + " or " + key.name + "-file" : key.name));
    }
    return Ok{};
  }
};

std::vector<Section> sections_of(std::vector<ConfigEntry> entries) {
  std::vector<Section> sections;
  for (ConfigEntry& entry : entries) {
    auto known = std::find_if(sections.begin(), sections.end(),
                              [&](const Section& one) { return one.name == entry.section; });
    if (known == sections.end()) known = sections.insert(known, {entry.section, {}});
    known->entries.push_back(std::move(entry));
  }
  return sections;
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "synfin";
}

/// Other keys depend on the kind.
Status find_kind(const Section& section, const Reader& reader, ChannelKind& kind) {
  for (const ConfigEntry& entry : section.entries) {
    if (entry.key != "kind") continue;
    const auto known = std::find(kChannelNames.begin(), kChannelNames.end(), entry.value);
    if (known == kChannelNames.end())
      return reader.at(entry, "kind takes email, slack, teams, telegram, ntfy or webhook");
    kind = static_cast<ChannelKind>(known - kChannelNames.begin());
    return Ok{};
  }
  return usage_error(fmt::format("{}: [{}] lacks kind", reader.path, section.name));
}

Status check_channel(const Channel& c, const std::string& path) {
  if (c.url.starts_with("http://") && !c.plain_http) {
    return usage_error(
        fmt::format("{}: the address of [notify.{}] begins with http://, which anybody on the way "
                    "can read; use https://, or set plain-http = true",
                    path, c.name));
  }
  if (c.kind == ChannelKind::Email && c.tls == MailSecurity::None && !c.password.empty())
    return usage_error(
        fmt::format("{}: [notify.{}] would send its password without TLS", path, c.name));
  return Ok{};
}

Result<Channel> read_channel(const Section& section, Reader& reader) {
  Channel channel;
  channel.name = section.name.substr(kSections.size());
  if (!is_safe(channel.name))
    return usage_error(fmt::format("{}: use other characters in [{}]", reader.path, section.name));
  if (const Status known = find_kind(section, reader, channel.kind); !known) return known.error();
  if (channel.kind == ChannelKind::Email) channel.timeout = kMailTimeout;
  if (channel.kind == ChannelKind::Telegram) channel.url = "https://api.telegram.org";
  std::string kind;
  std::vector<Key> keys = common_keys(channel, kind);
  for (Key& key : kind_keys(channel)) keys.push_back(std::move(key));
  if (const Status read = reader.read(section, keys); !read) return read.error();
  if (channel.messages == 0) channel.messages = 0xF;
  if (channel.port == 0) channel.port = channel.tls == MailSecurity::Tls ? 465 : 587;
  if (channel.tls == MailSecurity::None && channel.port == 587) channel.port = 25;
  if (!channel.ca_file.empty()) {
    auto certificates = read_certificates(channel.ca_file, reader.files);
    if (!certificates)
      return usage_error(
          fmt::format("{}: cannot read {} of [{}]", reader.path, channel.ca_file, section.name));
    channel.ca = std::move(*certificates);
  }
  if (const Status valid = check_channel(channel, reader.path); !valid) return valid.error();
  return channel;
}

}  // namespace

std::string_view to_string(ChannelKind kind) {
  return kChannelNames[static_cast<std::size_t>(kind)];
}

bool Channel::selects_host(std::string_view address) const {
  const auto parsed = hosts.empty() ? std::nullopt : Address::parse(address);
  if (!parsed) return true;
  return std::any_of(hosts.begin(), hosts.end(),
                     [&](const Cidr& block) { return block.contains(*parsed); });
}

Result<NotifySettings> parse_notify(const NotifyLines& lines) {
  const std::string& path = lines.path;
  auto entries = parse_config(lines.text, path);
  if (!entries) return entries.error();
  NotifySettings settings;
  settings.sensor = host_name();
  Reader reader{path, lines.files, settings.warnings};
  for (const Section& section : sections_of(std::move(*entries))) {
    if (section.name == "notify") {
      if (const Status read = reader.read(section, general_keys(settings)); !read)
        return read.error();
      continue;
    }
    auto channel = read_channel(section, reader);
    if (!channel) return channel.error();
    settings.channels.push_back(std::move(*channel));
  }
  for (Channel& channel : settings.channels) channel.sensor = settings.sensor;
  if (reader.inline_secrets && lines.all_users_read)
    settings.warnings.push_back(
        fmt::format("every user may read {}, which holds secrets: chmod o-r {}", path, path));
  return Result<NotifySettings>(std::move(settings));
}

}  // namespace synfin
