// Reads rules files: lines → parameters → sections. See rule_section.h and filter_rules.h.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

#include "filter/line_reader.h"
#include "filter/nearest_word.h"
#include "filter/rule_section.h"
#include "synfin/base/text.h"

namespace synfin {
namespace {

constexpr std::int64_t kMaxExpressionMemory = 1 << 20;
constexpr std::size_t kMaxLines = std::size_t{1} << 20;
constexpr std::size_t kMaxShown = 80;  ///< bytes of a wrong line in a message
/// The states of netstat, and NONE, which netstat-monitor writes for sockets without a state.
constexpr std::array<std::string_view, 12> kStates{
    "ESTABLISHED", "SYN_SENT",   "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
    "CLOSE",       "CLOSE_WAIT", "LAST_ACK", "LISTEN",    "CLOSING",   "NONE"};

constexpr std::array<std::string_view, 11> kParameters{
    "exe",          "cmdline",    "cmdline_is_re", "user",        "states", "local_ports",
    "remote_ports", "remote_ips", "remote_hosts",  "local_hosts", "pid"};

/// The end of a message about an unknown parameter: its neighbour, or all parameters.
std::string known_parameters(std::string_view key) {
  const std::string_view near = nearest_word(key, kParameters);
  return near.empty() ? fmt::format(" ({})", fmt::join(kParameters, ", "))
                      : fmt::format("; did you mean {}?", near);
}

/// A comment begins a line or follows a blank; a "#" inside a word belongs to the word.
std::string_view without_comment(std::string_view line) {
  for (std::size_t at = line.find('#'); at != line.npos; at = line.find('#', at + 1)) {
    if (at == 0 || kBlanks.find(line[at - 1]) != kBlanks.npos) return line.substr(0, at);
  }
  return line;
}

std::vector<std::string> split_list(std::string_view list) {
  std::vector<std::string> items;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view item = trimmed(list.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return items;
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number n{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), n);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return n;
}

/// The set_… functions return the reason why a value is wrong, or nothing.
class RulesReader {
 public:
  RulesReader(const std::string& path, bool resolve) : path_(path), resolve_(resolve) {}

  Result<RulesFile> read();

 private:
  Status read_line(std::string_view line);
  std::string set(RuleSection& section, std::string_view key, std::string_view value);
  static std::string set_ports(std::vector<std::uint16_t>& ports, std::string_view value);
  static std::string set_ips(RuleSection& section, std::string_view value);
  static std::string set_hosts(RuleHosts& hosts, std::string_view value);
  static std::string set_states(RuleSection& section, std::string_view value);
  static std::string set_switch(RuleSection& section, std::string_view value);
  Status finish_section();
  Error wrong(std::size_t line, std::string_view why) const {
    return {fmt::format("{}, line {}: {}", path_, line, why), ErrorKind::Usage};
  }

  const std::string& path_;
  bool resolve_;
  std::size_t line_ = 0;
  RulesFile file_;
};

std::string RulesReader::set_ports(std::vector<std::uint16_t>& ports, std::string_view value) {
  for (const std::string& item : split_list(value)) {
    const auto port = parse_number<std::uint16_t>(item);
    if (!port) return fmt::format("'{}' is not a port", item);
    ports.push_back(*port);
  }
  return {};
}

std::string RulesReader::set_ips(RuleSection& section, std::string_view value) {
  for (const std::string& item : split_list(value)) {
    const auto block = Cidr::parse(item);
    if (!block) return fmt::format("'{}' is not an address or CIDR block", item);
    section.remote_ips.push_back(*block);
  }
  return {};
}

std::string RulesReader::set_hosts(RuleHosts& hosts, std::string_view value) {
  for (std::string& item : split_list(value)) {
    if (const auto address = Address::parse(item)) {
      hosts.addresses.push_back(*address);
    } else {
      hosts.names.push_back(std::move(item));
    }
  }
  return {};
}

std::string RulesReader::set_states(RuleSection& section, std::string_view value) {
  for (std::string& item : split_list(value)) {
    if (std::find(kStates.begin(), kStates.end(), item) == kStates.end())
      return fmt::format("'{}' is not a state of a connection: {}", item, fmt::join(kStates, ", "));
    section.states.push_back(std::move(item));
  }
  return {};
}

std::string RulesReader::set_switch(RuleSection& section, std::string_view value) {
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

std::string RulesReader::set(RuleSection& s, std::string_view key, std::string_view value) {
  if (value.empty()) return fmt::format("{} has no value", key);
  if (key == "cmdline_is_re" || key == "cmd_line_is_re") return set_switch(s, value);
  s.has_parameters = true;
  if (key == "exe") return s.exe = value, "";
  if (key == "cmdline" || key == "cmd_line") return s.cmdline = value, "";
  if (key == "user") return s.user = value, "";
  if (key == "states") return set_states(s, value);
  if (key == "local_ports") return set_ports(s.local_ports, value);
  if (key == "remote_ports") return set_ports(s.remote_ports, value);
  if (key == "remote_ips") return set_ips(s, value);
  if (key == "remote_hosts") return set_hosts(s.remote_hosts, value);
  if (key == "local_hosts") return set_hosts(s.local_hosts, value);
  if (key == "pid") {
    s.pid = parse_number<std::uint32_t>(value);
    return s.pid ? "" : fmt::format("'{}' is not a process number", value);
  }
  return fmt::format("'{}' is not a parameter of a filter{}", key, known_parameters(key));
}

Status RulesReader::finish_section() {
  if (file_.sections.empty()) return Ok{};
  RuleSection& section = file_.sections.back();
  if (!resolve_ && !section.remote_hosts.names.empty()) {
    section.disabled = true;
    file_.notices.push_back(
        fmt::format("section {} of {} hides nothing: its remote_hosts need --resolve-names",
                    section.name, path_));
  }
  if (!section.cmdline_is_re || section.cmdline.empty()) return Ok{};
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(kMaxExpressionMemory);
  section.expression = std::make_unique<re2::RE2>(section.cmdline, options);
  if (section.expression->ok()) return Ok{};
  return wrong(section.line,
               fmt::format("the cmdline of section {} is not a regular expression: {}",
                           section.name, section.expression->error()));
}

Status RulesReader::read_line(std::string_view line) {
  line = trimmed(without_comment(line));
  if (line.empty() || line[0] == ';') return Ok{};
  if (line[0] == '[') {
    if (line.back() != ']' || line.size() < 3) return wrong(line_, "a section is [name]");
    if (Status finished = finish_section(); !finished) return finished;
    file_.sections.emplace_back();
    file_.sections.back().name = line.substr(1, line.size() - 2);
    file_.sections.back().line = line_;
    return Ok{};
  }
  const std::size_t sign = line.find_first_of(":=");
  if (sign == line.npos) {
    return wrong(line_, fmt::format("'{}' is neither a [section] nor a parameter such as "
                                    "remote_ports: 443",
                                    line.substr(0, kMaxShown)));
  }
  if (file_.sections.empty()) return wrong(line_, "a parameter before the first [section]");
  const std::string why =
      set(file_.sections.back(), trimmed(line.substr(0, sign)), trimmed(line.substr(sign + 1)));
  if (!why.empty()) return wrong(line_, why);
  return Ok{};
}

Result<RulesFile> RulesReader::read() {
  LineReader file(path_);
  for (std::string_view line; file.next(line);) {
    line_ = file.number();
    if (line_ > kMaxLines)
      return wrong(line_, fmt::format("a rules file has at most {} lines", kMaxLines));
    if (const Status read = read_line(line); !read) return read.error();
  }
  if (file.error() != 0) {
    return Error{
        fmt::format("cannot read {}: {}", path_, std::generic_category().message(file.error())),
        ErrorKind::Usage};
  }
  if (file.too_long()) return wrong(file.number(), "the line is longer than 64 KiB");
  if (const Status finished = finish_section(); !finished) return finished.error();
  return std::move(file_);
}

}  // namespace

Result<RulesFile> read_rules_file(const std::string& path, bool resolve) {
  return RulesReader(path, resolve).read();
}

}  // namespace synfin
