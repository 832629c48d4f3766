// See message.h.
#include "notify/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "synfin/base/format.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxLines = 200;  ///< of one message
constexpr std::array<std::string_view, kMessageKinds> kMessageNames{"start", "change", "digest",
                                                                    "gap", "test"};

/// "443/tcp https: nginx (user www-data, pid 80)".
std::string port_line(const PortSummary& port) {
  std::string text = port_text(port);
  if (!port.name.empty()) text += " " + port.name;
  if (!port.process.empty()) text += ": " + port.process;
  return text;
}

void add_fact(Message& message, std::string_view key, std::string value) {
  if (!value.empty()) message.facts.push_back({std::string(key), std::move(value)});
}

std::string network_text(const HostSummary& host) {
  if (host.asn == 0) return host.as_org;
  return fmt::format("AS{}{}{}", host.asn, host.as_org.empty() ? "" : " ", host.as_org);
}

void add_host(Message& message, const HostSummary& host) {
  message.host = host.ip.to_string();
  add_fact(message, "ip", message.host);
  add_fact(message, "name", host.name);
  add_fact(message, "country", host.country);
  add_fact(message, "network", network_text(host));
  add_fact(message, "mac", host.mac);
  add_fact(message, "vendor", host.vendor);
}

void add_port(Message& message, const PortSummary& port) {
  add_fact(message, "port", port_text(port));
  add_fact(message, "service", port.name);
  add_fact(message, "process", port.process);
  add_fact(message, "state", std::string(to_string(port.state)));
  if (port.was != PortState::Unknown) add_fact(message, "was", std::string(to_string(port.was)));
  add_fact(message, "witnesses", fmt::format("{}", port.witnesses));
}

void add_line(Message& message, std::string line) {
  if (message.lines.size() < kMaxLines) {
    message.lines.push_back(std::move(line));
  } else {
    ++message.more_lines;
  }
}

/// How many changes of a kind are in a sentence: "2 new hosts".
std::string count_text(std::string_view change, std::size_t count) {
  static const std::map<std::string_view, std::pair<std::string_view, std::string_view>> kWords{
      {"new_host", {"new host", "new hosts"}},
      {"new_port", {"port opened", "ports opened"}},
      {"closed", {"port closed", "ports closed"}},
      {"reopened", {"port reopened", "ports reopened"}},
      {"silent", {"port silent", "ports silent"}},
      {"unreachable", {"port unreachable", "ports unreachable"}},
      {"gone", {"port gone", "ports gone"}},
      {"new_process", {"new process", "new processes"}},
      {"first_contact", {"first contact", "first contacts"}},
      {"moved", {"device moved", "devices moved"}}};
  const auto words = kWords.find(change);
  return words == kWords.end() ? plural(count, "message", "messages")
                               : plural(count, words->second.first, words->second.second);
}

/// A text with its length before it: "3:abc,".
void put(std::string& out, std::string_view text) {
  out += fmt::format("{}:", text.size());
  out += text;
}

bool take(std::string_view& bytes, std::string& text) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), size);
  const auto used = static_cast<std::size_t>(end - bytes.data());
  if (error != std::errc{} || used >= bytes.size() || *end != ':') return false;
  bytes.remove_prefix(used + 1);
  if (size > bytes.size()) return false;
  text = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return true;
}

bool take_number(std::string_view& bytes, std::int64_t& number) {
  std::string text;
  if (!take(bytes, text)) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string_view to_string(MessageKind kind) {
  return kMessageNames[static_cast<std::size_t>(kind)];
}

std::optional<MessageKind> message_kind(std::string_view word) {
  for (std::size_t i = 0; i < kMessageNames.size(); ++i) {
    if (kMessageNames[i] == word) return static_cast<MessageKind>(i);
  }
  return std::nullopt;
}

Message message_of(const Change& change) {
  Message message;
  message.id = change.id;
  message.kind = MessageKind::Change;
  message.time = change.time;
  message.change = to_string(change.kind);
  message.title = title_of(change);
  add_host(message, change.host);
  if (!is_about_host(change.kind)) add_port(message, change.port);
  if (change.kind == ChangeKind::FirstContact)
    add_fact(message, "client", change.client.to_string());
  add_fact(message, "cause", change.evidence);
  for (const PortSummary& port : change.ports) add_line(message, port_line(port));
  message.more_lines += change.more_ports;
  return message;
}

Message message_of(const Digest& digest, std::uint64_t dropped) {
  Message message;
  message.id = digest.id;
  message.kind = MessageKind::Digest;
  message.time = digest.to;
  message.title = fmt::format(
      "{} with {}, {} since {}", plural(digest.hosts_total, "host", "hosts"),
      plural(digest.ports_total, "open port", "open ports"),
      digest.changes_total == 0 ? "no change" : plural(digest.changes_total, "change", "changes"),
      format_rfc3339(digest.from));
  add_fact(message, "from", format_rfc3339(digest.from));
  add_fact(message, "to", format_rfc3339(digest.to));
  std::map<std::string_view, std::size_t> counts;
  for (const Change& change : digest.changes) ++counts[to_string(change.kind)];
  for (const auto& [change, count] : counts) add_fact(message, change, std::to_string(count));
  if (dropped > 0) add_fact(message, "messages_dropped", with_separators(dropped));
  if (digest.hosts_not_stored > 0)
    add_fact(message, "hosts_not_stored", with_separators(digest.hosts_not_stored));
  for (const Change& change : digest.changes) add_line(message, title_of(change));
  message.more_lines += digest.changes_total - digest.changes.size();
  for (const Digest::Host& host : digest.hosts) {
    if (message.lines.size() >= kMaxLines) {
      ++message.more_lines;
      continue;
    }
    std::string line = host_text(host.host) + ":";
    for (const PortSummary& port : host.ports) line += " " + port_text(port);
    if (host.more_ports != 0) line += fmt::format(" and {} more", with_separators(host.more_ports));
    message.lines.push_back(std::move(line));
  }
  return message;
}

Message message_of(const StartNotice& start) {
  Message message;
  message.id = start.id;
  message.kind = MessageKind::Start;
  message.time = start.time;
  std::string sources;
  for (const std::string& source : start.sources) sources += (sources.empty() ? "" : ", ") + source;
  message.title = fmt::format("synfin {} {}", start.live ? "watches" : "reads", sources);
  add_fact(message, "known_hosts", with_separators(start.known_hosts));
  add_fact(message, "known_open_ports", with_separators(start.known_ports));
  return message;
}

Message message_of(const GapNotice& gap) {
  Message message;
  message.id = gap.id;
  message.kind = MessageKind::Gap;
  message.time = gap.time;
  message.title = gap.sentence;
  return message;
}

Message group_of(std::span<const Message> messages) {
  Message group;
  group.id = fmt::format("{}+{}", messages.front().id, messages.size() - 1);
  group.kind = MessageKind::Change;
  group.time = messages.back().time;
  std::vector<std::pair<std::string_view, std::size_t>> counts;
  std::set<std::string_view> hosts;
  for (const Message& message : messages) {
    hosts.insert(message.host);
    const auto known = std::find_if(counts.begin(), counts.end(),
                                    [&](const auto& one) { return one.first == message.change; });
    if (known == counts.end()) {
      counts.emplace_back(message.change, 1);
    } else {
      ++known->second;
    }
    add_line(group, message.title);
  }
  for (const auto& [change, count] : counts) {
    if (!group.title.empty()) group.title += ", ";
    group.title += count_text(change, count);
    add_fact(group, change, std::to_string(count));
  }
  if (counts.size() > 1 || counts[0].first != "new_host")
    group.title += fmt::format(" on {}", plural(hosts.size(), "host", "hosts"));
  return group;
}

std::string fact_label(const MessageFact& fact) {
  std::string label = fact.key == "ip" || fact.key == "mac" ? "" : fact.key;
  if (label.empty()) return fact.key == "ip" ? "IP" : "MAC";
  if (label[0] >= 'a' && label[0] <= 'z') label[0] = static_cast<char>(label[0] - 'a' + 'A');
  for (char& c : label) c = c == '_' ? ' ' : c;
  return label;
}

std::string pack(const Message& message) {
  std::string out;
  for (const std::string_view text :
       {std::string_view(message.id), to_string(message.kind), std::string_view(message.change),
        std::string_view(message.host), std::string_view(message.title)})
    put(out, text);
  put(out, std::to_string(to_ns(message.time)));
  put(out, std::to_string(message.more_lines));
  put(out, std::to_string(message.facts.size()));
  for (const MessageFact& fact : message.facts) put(out, fact.key), put(out, fact.value);
  for (const std::string& line : message.lines) put(out, line);
  return out;
}

std::optional<Message> unpack(std::string_view bytes) {
  Message message;
  std::string kind;
  std::int64_t time = 0, more = 0, facts = 0;
  if (!take(bytes, message.id) || !take(bytes, kind) || !take(bytes, message.change) ||
      !take(bytes, message.host) || !take(bytes, message.title) || !take_number(bytes, time) ||
      !take_number(bytes, more) || !take_number(bytes, facts))
    return std::nullopt;
  const auto known = message_kind(kind);
  if (!known || more < 0 || facts < 0) return std::nullopt;
  message.kind = *known;
  message.time = timestamp_from_ns(time);
  message.more_lines = static_cast<std::size_t>(more);
  for (; facts > 0; --facts) {
    MessageFact fact;
    if (!take(bytes, fact.key) || !take(bytes, fact.value)) return std::nullopt;
    message.facts.push_back(std::move(fact));
  }
  while (!bytes.empty()) {
    if (!take(bytes, message.lines.emplace_back())) return std::nullopt;
  }
  return message;
}

}  // namespace synfin
