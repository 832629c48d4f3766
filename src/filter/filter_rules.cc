// See filter_rules.h.
#include "synfin/filter/filter_rules.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <re2/re2.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <system_error>
#include <utility>

namespace synfin {
namespace {

constexpr std::string_view kBlank = " \t\r\v\f";
constexpr std::int64_t kMostExpressionMemory = 1 << 20;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// A comment begins a line, or follows a blank: a "#" within a word is part of it.
std::string_view without_comment(std::string_view line) {
  for (std::size_t at = line.find('#'); at != line.npos; at = line.find('#', at + 1)) {
    if (at == 0 || kBlank.find(line[at - 1]) != kBlank.npos) return line.substr(0, at);
  }
  return line;
}

std::vector<std::string> words_in(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view word = trimmed(list.substr(0, comma));
    if (!word.empty()) words.emplace_back(word);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return words;
}

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  Number n{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), n);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return n;
}

Address address_in(const addrinfo& info) {
  if (info.ai_family == AF_INET) {
    return Address::load_v4(reinterpret_cast<const std::uint8_t*>(
        &reinterpret_cast<const sockaddr_in*>(info.ai_addr)->sin_addr));
  }
  return Address::load_v6(reinterpret_cast<const sockaddr_in6*>(info.ai_addr)->sin6_addr.s6_addr);
}

std::vector<Address> resolved(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  std::vector<Address> addresses;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return addresses;
  for (const addrinfo* i = found; i != nullptr; i = i->ai_next) {
    if (i->ai_family == AF_INET || i->ai_family == AF_INET6) addresses.push_back(address_in(*i));
  }
  freeaddrinfo(found);
  return addresses;
}

/// Hosts by name or address.
struct Hosts {
  std::vector<std::string> names;
  std::vector<Address> addresses;

  bool any() const { return !names.empty() || !addresses.empty(); }
  bool match(const Address& address, std::string_view name) const {
    return std::find(addresses.begin(), addresses.end(), address) != addresses.end() ||
           (!name.empty() && std::find(names.begin(), names.end(), name) != names.end());
  }
};

template <typename T>
bool lacks(const std::vector<T>& list, const T& value) {
  return !list.empty() && std::find(list.begin(), list.end(), value) == list.end();
}

}  // namespace

struct FilterRules::Section {
  std::string name;
  std::size_t line = 0;
  std::string exe, cmdline, user;
  bool cmdline_is_re = false;
  std::unique_ptr<re2::RE2> expression;
  std::optional<std::uint32_t> pid;
  Hosts local_hosts, remote_hosts;
  std::vector<Cidr> remote_ips;
  std::vector<std::uint16_t> local_ports, remote_ports;
  std::vector<std::string> states;
  bool any = false;      ///< it says something
  bool useless = false;  ///< it says what cannot be known

  bool matches(const LocalView& c) const;
};

bool FilterRules::Section::matches(const LocalView& c) const {
  if (!any || useless) return false;
  if (!exe.empty() && exe != c.exe) return false;
  if (!user.empty() && user != c.user) return false;
  if (pid && (c.pid == 0 || *pid != c.pid)) return false;
  if (!cmdline.empty()) {
    // As Python's re.match: from the beginning, not necessarily to the end.
    const bool same =
        expression ? !c.cmdline.empty() &&
                         expression->Match({c.cmdline.data(), c.cmdline.size()}, 0,
                                           c.cmdline.size(), re2::RE2::ANCHOR_START, nullptr, 0)
                   : cmdline == c.cmdline;
    if (!same) return false;
  }
  if (local_hosts.any() && !local_hosts.match(c.local.address, c.local_name)) return false;
  if (remote_hosts.any() && !remote_hosts.match(c.remote.address, c.remote_name)) return false;
  if (lacks(local_ports, c.local.port) || lacks(remote_ports, c.remote.port)) return false;
  if (lacks(states, std::string{c.state})) return false;
  return remote_ips.empty() ||
         std::any_of(remote_ips.begin(), remote_ips.end(),
                     [&](const Cidr& block) { return block.contains(c.remote.address); });
}

/// Takes a file apart line by line.
class FilterRules::Reader {
 public:
  Reader(FilterRules& rules, const std::string& path, bool resolve)
      : rules_(rules), path_(path), resolve_(resolve) {}

  Status read();

 private:
  Status take(std::string_view line);
  std::string set(Section& section, std::string_view key, std::string_view value);
  std::string set_ports(std::vector<std::uint16_t>& ports, std::string_view value);
  std::string set_ips(Section& section, std::string_view value);
  std::string set_remote_hosts(Section& section, std::string_view value);
  std::string set_switch(Section& section, std::string_view value);
  Status finish_section();
  Error wrong(std::size_t line, std::string_view why) const {
    return {fmt::format("{}, line {}: {}", path_, line, why), ErrorKind::Usage};
  }

  FilterRules& rules_;
  const std::string& path_;
  bool resolve_;
  std::size_t line_ = 0;
};

std::string FilterRules::Reader::set_ports(std::vector<std::uint16_t>& ports,
                                           std::string_view value) {
  for (const std::string& word : words_in(value)) {
    const auto port = number_in<std::uint16_t>(word);
    if (!port) return fmt::format("'{}' is no port", word);
    ports.push_back(*port);
  }
  return {};
}

std::string FilterRules::Reader::set_ips(Section& section, std::string_view value) {
  for (const std::string& word : words_in(value)) {
    const auto block = Cidr::parse(word);
    if (!block) return fmt::format("'{}' is no address or CIDR", word);
    section.remote_ips.push_back(*block);
  }
  return {};
}

std::string FilterRules::Reader::set_remote_hosts(Section& section, std::string_view value) {
  for (std::string& word : words_in(value)) {
    if (const auto address = Address::parse(word)) {
      section.remote_hosts.addresses.push_back(*address);
      continue;
    }
    if (resolve_) {
      for (const Address& address : resolved(word)) {
        section.remote_hosts.addresses.push_back(address);
      }
    } else if (!std::exchange(section.useless, true)) {
      rules_.notices_.push_back(
          fmt::format("section {} of {} hides nothing: its remote_hosts need --resolve-names",
                      section.name, path_));
    }
    section.remote_hosts.names.push_back(std::move(word));
  }
  return {};
}

std::string FilterRules::Reader::set_switch(Section& section, std::string_view value) {
  std::string word{value};
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const bool on = word == "true" || word == "yes" || word == "on" || word == "1";
  if (!on && word != "false" && word != "no" && word != "off" && word != "0") {
    return fmt::format("cmdline_is_re is true or false, not '{}'", value);
  }
  section.cmdline_is_re = on;
  return {};
}

std::string FilterRules::Reader::set(Section& s, std::string_view key, std::string_view value) {
  if (value.empty()) return fmt::format("{} has no value", key);
  if (key == "cmdline_is_re" || key == "cmd_line_is_re") return set_switch(s, value);
  s.any = true;
  if (key == "exe") return s.exe = value, "";
  if (key == "cmdline" || key == "cmd_line") return s.cmdline = value, "";
  if (key == "user") return s.user = value, "";
  if (key == "states") return s.states = words_in(value), "";
  if (key == "local_ports") return set_ports(s.local_ports, value);
  if (key == "remote_ports") return set_ports(s.remote_ports, value);
  if (key == "remote_ips") return set_ips(s, value);
  if (key == "remote_hosts") return set_remote_hosts(s, value);
  if (key == "local_hosts") {
    for (std::string& word : words_in(value)) {
      const auto address = Address::parse(word);
      if (address) s.local_hosts.addresses.push_back(*address);
      if (!address) s.local_hosts.names.push_back(std::move(word));
    }
    return {};
  }
  if (key == "pid") {
    s.pid = number_in<std::uint32_t>(value);
    return s.pid ? "" : fmt::format("'{}' is no process number", value);
  }
  return fmt::format("'{}' is no parameter of a filter", key);
}

Status FilterRules::Reader::finish_section() {
  if (rules_.sections_.empty()) return Ok{};
  Section& section = rules_.sections_.back();
  if (!section.cmdline_is_re || section.cmdline.empty()) return Ok{};
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(kMostExpressionMemory);
  section.expression = std::make_unique<re2::RE2>(section.cmdline, options);
  if (section.expression->ok()) return Ok{};
  return wrong(section.line, fmt::format("the cmdline of section {} is no regular expression: {}",
                                         section.name, section.expression->error()));
}

Status FilterRules::Reader::take(std::string_view line) {
  line = trimmed(without_comment(line));
  if (line.empty() || line[0] == ';') return Ok{};
  if (line[0] == '[') {
    if (line.back() != ']' || line.size() < 3) return wrong(line_, "a section is [name]");
    if (Status finished = finish_section(); !finished) return finished;
    rules_.sections_.emplace_back();
    rules_.sections_.back().name = line.substr(1, line.size() - 2);
    rules_.sections_.back().line = line_;
    return Ok{};
  }
  const std::size_t sign = line.find_first_of(":=");
  if (sign == line.npos) return wrong(line_, "neither [section] nor parameter: value");
  if (rules_.sections_.empty()) return wrong(line_, "a parameter before the first [section]");
  const std::string why =
      set(rules_.sections_.back(), trimmed(line.substr(0, sign)), trimmed(line.substr(sign + 1)));
  if (!why.empty()) return wrong(line_, why);
  return Ok{};
}

Status FilterRules::Reader::read() {
  std::ifstream file(path_);
  if (!file) {
    return Error{fmt::format("cannot read {}: {}", path_, std::generic_category().message(errno)),
                 ErrorKind::Usage};
  }
  for (std::string line; std::getline(file, line);) {
    ++line_;
    if (Status taken = take(line); !taken) return taken;
  }
  return finish_section();
}

FilterRules::FilterRules() = default;
FilterRules::~FilterRules() = default;
FilterRules::FilterRules(FilterRules&&) noexcept = default;
FilterRules& FilterRules::operator=(FilterRules&&) noexcept = default;

Result<FilterRules> FilterRules::read(const std::string& path, bool resolve) {
  FilterRules rules;
  if (const Status read = Reader(rules, path, resolve).read(); !read) return read.error();
  return rules;
}

bool FilterRules::hides(const LocalView& connection) const {
  return std::any_of(sections_.begin(), sections_.end(),
                     [&](const Section& section) { return section.matches(connection); });
}

bool FilterRules::needs_processes() const {
  return std::any_of(sections_.begin(), sections_.end(), [](const Section& s) {
    return !s.exe.empty() || !s.cmdline.empty() || !s.user.empty() || s.pid;
  });
}

Result<std::vector<Cidr>> read_address_file(const std::string& path) {
  std::ifstream file(path);
  const auto wrong = [&](std::string_view why) {
    return Error{fmt::format("{}{}", path, why), ErrorKind::Usage};
  };
  if (!file) return wrong(": cannot be read: " + std::generic_category().message(errno));
  std::vector<Cidr> blocks;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const std::string_view text = trimmed(std::string_view(line).substr(0, line.find('#')));
    if (text.empty()) continue;
    const auto block = Cidr::parse(text);
    if (!block) return wrong(fmt::format(", line {}: '{}' is no address or CIDR", number, text));
    blocks.push_back(*block);
  }
  return blocks;
}

}  // namespace synfin
