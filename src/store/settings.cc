// See settings.h.
#include "store/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "synfin/base/result.h"
#include "synfin/base/secret_message.h"
#include "synfin/cli/secrets.h"
#include "synfin/sandbox/without_rights.h"

namespace synfin {
namespace {

/// A value of an HTTP header.
bool is_one_line(std::string_view text) {
  return !text.empty() && text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos;
}

bool to_truth(std::string_view text, bool& target) {
  target = text == "true" || text == "yes" || text == "on" || text == "1";
  return target || text == "false" || text == "no" || text == "off" || text == "0";
}

const std::vector<std::string> kKeys{"user",    "password",  "password-file", "password-credential",
                                     "ca-file", "plain-http"};

bool is_known(const std::string& key) {
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

/// Stores the value of one line.
Status store(const ConfigEntry& entry, const NamedFiles& files, StoreCredentials& settings) {
  auto value =
      entry.key == "password-file"         ? read_secret_file(entry.value, files, settings.warnings)
      : entry.key == "password-credential" ? read_credential(entry.value, files, settings.warnings)
                                           : expand_variables(entry.value);
  if (!value) return value.error();
  const bool secret = entry.key.starts_with("password");
  if (secret && !settings.password.empty()) return usage_error("a password is given already");
  if (entry.key == "plain-http") {
    return to_truth(*value, settings.plain_http) ? Status(Ok{})
                                                 : usage_error("it takes true or false");
  }
  if (!is_one_line(*value)) return usage_error("it takes a text of one line");
  if (secret) {
    settings.password = std::move(*value);
  } else if (entry.key == "user") {
    settings.user = std::move(*value);
  } else if (entry.key == "ca-file") {
    settings.ca_file = *value;
    auto certificates = read_certificates(*value, files);
    if (!certificates) return usage_error(fmt::format("cannot read {}", *value));
    settings.ca = std::move(*certificates);
  } else {
    return usage_error("unknown key" + did_you_mean(kKeys, entry.key));
  }
  return Ok{};
}

/// Two MiB for the files, and one for the lines.
constexpr std::size_t kMaxSettings = std::size_t{3} << 20;

SecretText pack_settings(const StoreCredentials& settings) {
  SecretWriter to;
  for (const std::string* const text :
       {&settings.user, &settings.password, &settings.ca_file, &settings.ca})
    to.text(*text);
  to.number(settings.plain_http ? 1 : 0);
  to.number(settings.warnings.size());
  for (const std::string& warning : settings.warnings) to.text(warning);
  return to.take();
}

std::optional<StoreCredentials> unpack_settings(std::string_view bytes) {
  SecretReader from(bytes);
  StoreCredentials settings;
  for (std::string* const text :
       {&settings.user, &settings.password, &settings.ca_file, &settings.ca})
    *text = from.text();
  settings.plain_http = from.truth();
  for (std::uint64_t left = from.number(kMaxSettings); left != 0 && from.is_valid(); --left)
    settings.warnings.emplace_back(from.text());
  if (!from.is_valid() || !from.at_end()) return std::nullopt;
  return settings;
}

}  // namespace

Result<StoreCredentials> parse_store_settings(const ConfigFile& config, const NamedFiles& files) {
  StoreCredentials settings;
  auto entries = parse_config(config.store.view(), config.path);
  if (!entries) return entries.error();
  for (const ConfigEntry& entry : *entries) {
    const std::string place = config_place(config.path, entry.line);
    // A line that is only a word may be the password itself.
    if (!is_key(entry.key) || (!is_known(entry.key) && did_you_mean(kKeys, entry.key).empty()))
      return usage_error(place + "the line is not \"key = value\" with a key of [clickhouse]");
    if (const Status stored = store(entry, files, settings); !stored)
      return usage_error(fmt::format("{}{}: {}", place, entry.key, stored.error().message));
    if (entry.key == "password" && entry.value.find("${") == entry.value.npos &&
        config.all_users_read) {
      settings.warnings.push_back(fmt::format(
          "every user may read {}, which holds a secret: chmod o-r {}", config.path, config.path));
    }
  }
  return Result<StoreCredentials>(std::move(settings));
}

Result<StoreCredentials> read_store_settings(const ConfigFile& config, const StoreUrl* url) {
  if (config.store.empty()) return StoreCredentials{};
  auto files = NamedFiles::open(config.store.view(), config.path);
  if (!files) return files.error();
  const auto packed = run_without_rights(
      config.path,
      [&]() -> Result<SecretText> {
        const auto settings = parse_store_settings(config, *files);
        if (!settings) return settings.error();
        const Status safe = url ? check_password_is_safe(*url, *settings) : Status(Ok{});
        if (!safe) return safe.error();
        return pack_settings(*settings);
      },
      kMaxSettings);
  if (!packed) return packed.error();
  auto settings = unpack_settings(packed->view());
  if (!settings)
    return Error{fmt::format("the process that reads {} sent an invalid message", config.path)};
  return std::move(*settings);
}

Status check_password_is_safe(const StoreUrl& url, const StoreCredentials& credentials) {
  if (url.tls || credentials.password.empty() || credentials.plain_http || url.is_loopback())
    return Ok{};
  return usage_error(
      "the password of the store would travel without TLS: use clickhouses://, or set plain-http = "
      "true in [clickhouse]");
}

std::string masked_text(const StoreCredentials& credentials) {
  std::string text;
  const auto put = [&text](std::string_view key, std::string_view value) {
    if (!value.empty()) text += config_line(key, value);
  };
  put("user", credentials.user);
  put("password", credentials.password.empty() ? "" : "***");
  put("ca-file", credentials.ca_file);
  put("plain-http", credentials.plain_http ? "true" : "");
  return text.empty() ? text : "[clickhouse]\n" + text;
}

}  // namespace synfin
