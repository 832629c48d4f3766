/// \file
/// Channel: one way to reach somebody, as the sections [notify.NAME] of the configuration file
/// describe it. Tested in tests/unit/notify/channel_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "notify/message.h"
#include "synfin/base/cidr.h"
#include "synfin/base/result.h"
#include "synfin/cli/named_files.h"

namespace synfin {

enum class ChannelKind : unsigned char { Email, Slack, Teams, Telegram, Ntfy, Webhook };
inline constexpr int kChannelKinds = 6;

/// "email", "slack", …
std::string_view to_string(ChannelKind kind);

/// A mail server may take ten minutes to accept a mail that it has received (RFC 5321
/// §4.5.3.2.6). Whoever does not wait for that sends the mail again, so that it arrives twice.
inline constexpr Duration kMailTimeout = std::chrono::minutes{15};

enum class MailSecurity : unsigned char { StartTls, Tls, None };

struct Channel {
  std::string name;
  ChannelKind kind = ChannelKind::Webhook;
  bool enabled = true;
  unsigned messages = 0;                        ///< a bit for each MessageKind
  std::vector<Cidr> hosts;                      ///< empty: all
  Duration timeout = std::chrono::seconds{30};  ///< of a whole transfer
  std::string ca_file;                          ///< certificates in place of the system's
  std::string ca;           ///< the content of that file, read with the rights of the start
  bool plain_http = false;  ///< http: without TLS is permitted
  std::string sensor;       ///< the name of this synfin, for subjects and titles

  std::string url;       ///< secret, because a webhook's address authorizes its user
  std::string token;     ///< secret; Telegram, ntfy
  std::string password;  ///< secret; email, ntfy
  std::string secret;    ///< secret; signs the webhook's messages
  std::string user;
  std::string chat_id;
  std::string server;
  std::uint16_t port = 0;
  MailSecurity tls = MailSecurity::StartTls;
  std::string from;
  std::vector<std::string> to;
  std::string subject_prefix;

  bool selects(MessageKind kind_of_message) const {
    return (messages >> static_cast<unsigned>(kind_of_message) & 1U) != 0;
  }
  /// Messages about no host, and about several, are selected by every list of hosts.
  bool selects_host(std::string_view address) const;
};

struct NotifySettings {
  std::string sensor;  ///< default: the name of this host
  Duration group_delay = std::chrono::seconds{5};
  Duration interval = std::chrono::seconds{60};    ///< between messages about changes
  Duration retry_delay = std::chrono::seconds{5};  ///< after the first failure
  Duration max_age = std::chrono::hours{72};       ///< an older message is given up
  std::vector<Channel> channels;
  std::vector<std::string> warnings;
};

/// The lines about notifications, with the files that they name.
struct NotifyLines {
  std::string_view text;
  std::string path;             ///< the name of the configuration file, for messages
  bool all_users_read = false;  ///< every user may read it
  NamedFiles files = {};
};

/// Parses the lines, and reads the files and variables that hold secrets. No message contains a
/// value of the configuration file.
Result<NotifySettings> parse_notify(const NotifyLines& lines);

/// The settings as lines of a configuration file, with each secret as "***".
std::string masked_text(const NotifySettings& settings);

/// `text` with each secret of the channel replaced by "***", also in Base64 and as JSON writes it,
/// and so each part of its address that may be one. `is_cut`: the text may end within a secret.
std::string without_secrets(std::string text, const Channel& channel, bool is_cut = false);

}  // namespace synfin
