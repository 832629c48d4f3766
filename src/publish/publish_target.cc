// See publish_target.h.
#include "publish/publish_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "synfin/base/text.h"
#include "synfin/publish/publish_options.h"

namespace synfin {
namespace {

constexpr std::string_view kScheme = "kafka://";
constexpr std::size_t kMaxTopic = 249;

Error usage(std::string message) { return {std::move(message), ErrorKind::Usage}; }

bool is_word(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != others.npos;
  });
}

bool is_topic(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTopic && text != "." && text != ".." &&
         is_word(text, "._-");
}

/// A host or an address, in brackets if it has colons, with or without a port.
bool is_broker(std::string_view text) {
  std::string_view port;
  const std::size_t colon = text.rfind(':');
  if (colon != text.npos && (text.empty() || text.back() != ']')) {
    port = text.substr(colon + 1);
    text = text.substr(0, colon);
    std::uint64_t number = 0;
    if (!parse_number(port, 1, 65'535, number)) return false;
  }
  if (text.starts_with('[') && text.ends_with(']'))
    return text.size() > 2 && is_word(text.substr(1, text.size() - 2), ":.");
  return !text.empty() && is_word(text, ".-_");
}

bool are_brokers(std::string_view text) {
  while (true) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (!is_broker(text.substr(0, comma))) return false;
    if (comma == text.size()) return true;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

Result<PublishTarget> parse_publish_url(std::string_view url) {
  if (!url.starts_with(kScheme)) return usage("it begins with kafka://");
  const std::string_view rest = url.substr(kScheme.size());
  if (rest.find('@') != rest.npos)
    return usage("passwords belong into the file of --publish-config");
  const std::size_t slash = rest.find('/');
  if (slash == rest.npos) return usage("the topic is missing");
  if (!are_brokers(rest.substr(0, slash))) return usage("the brokers are not HOST[:PORT][,…]");
  if (!is_topic(rest.substr(slash + 1)))
    return usage("a topic has 1 to 249 letters, digits, dots, dashes and underscores");
  return PublishTarget{std::string(rest.substr(0, slash)), std::string(rest.substr(slash + 1))};
}

Result<Properties> parse_properties(std::string_view text, const std::string& path) {
  Properties properties;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const std::size_t equals = line.find('=');
    const std::string_view name = trimmed(line.substr(0, std::min(equals, line.size())));
    if (equals == line.npos || name.empty())
      return usage(fmt::format("{}:{}: a line is \"name = value\"", path, number));
    properties.emplace_back(name, trimmed(line.substr(equals + 1)));
  }
  return properties;
}

std::vector<OptionRow> publish_rows(PublishOptions& o) {
  OptionValue url;
  url.word = "URL";
  url.may_hold_secret = true;
  url.expects = "kafka://BROKER[:PORT][,BROKER...]/TOPIC, with neither a user nor a password";
  url.set = [&target = o.url](const std::string& given) {
    target = given;
    return parse_publish_url(given).ok();
  };
  return {{"Publishing", "--publish",
           "publish the record of each connection as JSON to Kafka: kafka://BROKERS/TOPIC",
           std::move(url)},
          {"Publishing", "--publish-config",
           "read properties of librdkafka, such as those of TLS and SASL, from FILE",
           text("FILE", o.properties, Completion::File)}};
}

std::string publish_without_effect(const PublishOptions& o) {
  if (o.properties.empty() || !o.url.empty()) return {};
  return "--publish-config has no effect without --publish";
}

}  // namespace synfin
