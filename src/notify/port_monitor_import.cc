// Converts the configuration file of a port scanner. A table maps its keys; each key that the table
// lacks is reported. See commands.h.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

#include "synfin/base/cidr.h"
#include "synfin/cli/config_file.h"
#include "synfin/notify/commands.h"

namespace synfin {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// The name that this file gives to several spellings: "section key".
std::string canonical(const std::string& section, const std::string& key) {
  static const std::map<std::string, std::string> kSame{
      {"general output-folder", "general output-dir"},
      {"general output-directory", "general output-dir"},
      {"logging level", "general log-level"},
      {"logging log-level", "general log-level"},
      {"logging file", "general log-file"},
      {"logging log-file", "general log-file"},
      {"general scan-interval-minutes", "scan scan-interval-minutes"},
      {"scan ip-file", "scan ip-list-file"},
      {"scan interval-minutes", "scan scan-interval-minutes"},
      {"scan port-ranges", "scan ports"},
      {"scan port-range", "scan ports"},
      {"email server", "email smtp-server"},
      {"email port", "email smtp-port"},
      {"email user", "email smtp-user"},
      {"email username", "email smtp-user"},
      {"email smtp-username", "email smtp-user"},
      {"email password", "email smtp-password"},
      {"email tls", "email use-tls"},
      {"email from", "email sender-email"},
      {"email sender", "email sender-email"},
      {"email to", "email recipient-emails"},
      {"email recipients", "email recipient-emails"},
      {"telegram token", "telegram bot-token"}};
  const std::string name = lower(section) + " " + lower(key);
  const auto same = kSame.find(name);
  return same == kSame.end() ? name : same->second;
}

/// Keys about how a scanner sends its packets, which synfin does not.
bool is_about_probes(const std::string& name) {
  static const char* const kKeys[] = {"scan scan-delay",       "scan max-rate",
                                      "scan timing-template",  "scan additional-args",
                                      "scan enable-scripts",   "scan aggressive-service-detection",
                                      "scan use-http-headers", "scan http-user-agent"};
  return name.starts_with("reliability ") ||
         std::any_of(std::begin(kKeys), std::end(kKeys),
                     [&](const char* key) { return name == key; });
}

class Importer {
 public:
  Importer(const std::string& path, const std::string& watch_file, const NamedFileReader& read)
      : path_(path), watch_file_(watch_file), read_(read) {}

  void read(const ConfigEntry& entry) {
    std::string key = entry.key, value = entry.value;
    if (const std::size_t colon = key.find(':'); colon != key.npos) {  // "key: value"
      value = key.substr(key.find_first_not_of(' ', colon + 1));
      key.resize(colon);
    }
    const std::string name = canonical(entry.section, key);
    static const char* const kKnown[] = {"general output-dir",
                                         "general log-level",
                                         "general log-file",
                                         "scan ip-list-file",
                                         "scan ports",
                                         "scan scan-interval-minutes",
                                         "notification enabled",
                                         "notification individual-ip-alerts",
                                         "notification send-scan-start-alerts",
                                         "email enabled",
                                         "email smtp-server",
                                         "email smtp-port",
                                         "email smtp-user",
                                         "email smtp-password",
                                         "email use-tls",
                                         "email sender-email",
                                         "email recipient-emails",
                                         "email subject-prefix",
                                         "slack enabled",
                                         "slack webhook-url",
                                         "teams enabled",
                                         "teams webhook-url",
                                         "telegram enabled",
                                         "telegram bot-token",
                                         "telegram chat-id",
                                         "telegram max-retries"};
    const bool known = std::any_of(std::begin(kKnown), std::end(kKnown),
                                   [&](const char* one) { return name == one; });
    const std::string place = config_place(path_, entry.line);
    if (known) {
      values_[name] = value;
    } else if (is_about_probes(name)) {
      note(place + fmt::format("{} has no counterpart, because synfin sends no packets", key));
    } else {
      result_.not_understood.push_back(
          place + (is_key(key)
                       ? fmt::format("the key {} in [{}] is not understood", key, entry.section)
                       : fmt::format("a line in [{}] is not understood", entry.section)));
    }
  }

  ImportedConfig finish() {
    general();
    const std::string messages = selected_messages();
    email(messages);
    webhook("slack", messages);
    webhook("teams", messages);
    telegram(messages);
    result_.text =
        "# Converted from " + path_ + ".\n# It may hold secrets: chmod 600\n" + notes_ + body_;
    return std::move(result_);
  }

 private:
  void note(const std::string& sentence) { notes_ += "# " + sentence + ".\n"; }

  std::string value(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? "" : found->second;
  }
  bool truth(const std::string& name, bool otherwise) const {
    const std::string text = lower(value(name));
    if (text.empty()) return otherwise;
    return text == "true" || text == "yes" || text == "on" || text == "1";
  }
  void section(std::string_view name) { body_ += fmt::format("\n[{}]\n", name); }
  void line(std::string_view key, std::string text) {
    if (text.empty()) return;
    if (text.front() == '"' || text.front() == '\'') text = "\"" + text + "\"";
    body_ += fmt::format("{} = {}\n", key, text);
  }

  void general() {
    const std::string folder = value("general output-dir");
    result_.folder = folder;
    const std::string level = lower(value("general log-level"));
    std::string log_file = value("general log-file");
    if (log_file.empty() && !folder.empty()) log_file = folder + "/synfin.log";
    section("view");
    line("view", "none");
    section("inventory");
    line("state", folder.empty() ? "synfin.db" : folder + "/synfin.db");
    const std::string minutes = value("scan scan-interval-minutes");
    line("digest-interval", minutes.empty() ? "4h" : minutes + "m");
    if (values_.count("scan ip-list-file") + values_.count("scan ports") != 0) watch();
    section("output");
    line("log-file", log_file);
    if (level == "debug") line("verbose", "true");
    if (level == "error" || level == "critical") line("quiet", "true");
  }

  /// Writes the watch list, which joins addresses and ports.
  void watch() {
    const std::string list = value("scan ip-list-file"), ports = value("scan ports");
    if (watch_file_.empty()) {
      result_.not_understood.push_back(path_ +
                                       ": the addresses and ports that are watched make a file of "
                                       "their own: name it with --watch-file FILE");
      return;
    }
    line("watch-file", watch_file_);
    result_.watched = "# What is watched, by " + path_ + ": addresses, and the ports of each.\n";
    if (list.empty()) {
      result_.watched += "* " + ports + "\n";
      return;
    }
    if (ports.empty()) note("without ports, every port of the listed addresses is watched");
    const auto text = read_(list);
    if (!text) {
      result_.not_understood.push_back(path_ + ": " + text.error().message);
      return;
    }
    add_addresses(*text, list, ports);
  }

  void add_addresses(std::string_view text, const std::string& list, const std::string& ports) {
    constexpr std::string_view kSeparators = " \t\r,;";
    std::size_t number = 0;
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      std::string_view row = text.substr(0, end);
      text = end == text.npos ? std::string_view{} : text.substr(end + 1);
      ++number;
      row = row.substr(0, row.find('#'));
      const std::size_t begin = row.find_first_not_of(kSeparators);
      if (begin == row.npos) continue;
      const std::string word(row.substr(begin, row.find_first_of(kSeparators, begin) - begin));
      if (Cidr::parse(word)) {
        result_.watched += word + (ports.empty() ? "" : " " + ports) + "\n";
      } else {
        result_.not_understood.push_back(config_place(list, number) +
                                         fmt::format("'{}' is no address or CIDR block", word));
      }
    }
  }

  std::string selected_messages() const {
    std::string messages = "digest, gap";
    if (truth("notification individual-ip-alerts", true)) messages += ", change";
    if (truth("notification send-scan-start-alerts", false)) messages += ", start";
    return messages;
  }

  /// Begins the section of a channel if the file has anything about it.
  bool begin_channel(const std::string& kind, const std::string& messages) {
    const auto first = values_.lower_bound(kind + " ");
    if (first == values_.end() || !first->first.starts_with(kind + " ")) return false;
    section("notify." + kind);
    line("kind", kind);
    const bool on = truth(kind + " enabled", false) && truth("notification enabled", true);
    line("enabled", on ? "true" : "false");
    line("messages", messages);
    return true;
  }

  void email(const std::string& messages) {
    if (!begin_channel("email", messages)) return;
    const std::string port = value("email smtp-port");
    const bool tls = truth("email use-tls", true);
    line("server", value("email smtp-server"));
    line("port", port);
    line("tls", port == "465" ? "tls" : tls ? "starttls" : "none");
    if (!tls && port != "465" && !value("email smtp-password").empty())
      note("synfin refuses to send a password without TLS: change tls in [notify.email]");
    line("user", value("email smtp-user"));
    line("password", value("email smtp-password"));
    line("from", value("email sender-email"));
    line("to", value("email recipient-emails"));
    line("subject-prefix", value("email subject-prefix"));
  }

  void webhook(const std::string& kind, const std::string& messages) {
    if (!begin_channel(kind, messages)) return;
    line("url", value(kind + " webhook-url"));
    if (kind == "teams" &&
        value("teams webhook-url").find("office.com/webhook") != std::string::npos)
      note(
          "Microsoft has replaced the webhooks of connectors by those of workflows: make one, and "
          "change url in [notify.teams]");
  }

  void telegram(const std::string& messages) {
    if (!begin_channel("telegram", messages)) return;
    line("token", value("telegram bot-token"));
    line("chat-id", value("telegram chat-id"));
    if (values_.count("telegram max-retries") != 0)
      note(
          "max_retries has no counterpart: synfin tries again until a message is older than "
          "max-age");
  }

  std::string path_, watch_file_;
  const NamedFileReader& read_;
  std::map<std::string, std::string> values_;  ///< by canonical name
  std::string notes_, body_;
  ImportedConfig result_;
};

}  // namespace

Result<ImportedConfig> import_port_monitor(std::string_view text, const std::string& path,
                                           const std::string& watch_file,
                                           const NamedFileReader& read) {
  const auto entries = parse_config(text, path);
  if (!entries) return entries.error();
  Importer importer(path, watch_file, read);
  for (const ConfigEntry& entry : *entries) importer.read(entry);
  return importer.finish();
}

}  // namespace synfin
