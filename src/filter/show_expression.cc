// ShowExpression: how terms match. The grammar is in show_parser.cc, the values in show_value.cc.
#include "synfin/filter/show_expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "filter/show_parser.h"
#include "synfin/filter/netstat_state.h"

namespace synfin {
namespace {

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

/// REQUIRES here and below: `wanted` is in lower case.
bool equals(std::string_view text, std::string_view wanted) {
  return text.size() == wanted.size() && std::equal(text.begin(), text.end(), wanted.begin(),
                                                    [](char a, char b) { return folded(a) == b; });
}

bool contains(std::string_view text, std::string_view wanted) {
  return std::search(text.begin(), text.end(), wanted.begin(), wanted.end(),
                     [](char a, char b) { return folded(a) == b; }) != text.end();
}

/// `*` stands for any characters. The search backtracks to the latest `*` only, so its time is
/// bounded by the product of the lengths.
bool matches_pattern(std::string_view text, std::string_view pattern) {
  std::size_t t = 0, p = 0;
  std::size_t star = pattern.npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && folded(text[t]) == pattern[p]) {
      ++t;
      ++p;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

/// An unknown text matches nothing, not even `*`.
bool matches_word(std::string_view text, std::string_view wanted) {
  if (text.empty()) return false;
  return wanted.find('*') == wanted.npos ? equals(text, wanted) : matches_pattern(text, wanted);
}

/// True for the name itself and for one below it: "example.org" matches "www.example.org".
bool matches_name(std::string_view name, std::string_view wanted) {
  if (matches_word(name, wanted)) return true;
  if (name.size() <= wanted.size()) return false;
  const std::size_t dot = name.size() - wanted.size() - 1;
  return name[dot] == '.' && matches_word(name.substr(dot + 1), wanted);
}

/// True for the whole path and for its last component. The kernel appends a mark to the path of a
/// replaced program.
bool matches_executable(std::string_view exe, std::string_view wanted) {
  constexpr std::string_view kReplaced = " (deleted)";
  if (exe.ends_with(kReplaced)) exe.remove_suffix(kReplaced.size());
  return matches_word(exe, wanted) || matches_word(exe.substr(exe.rfind('/') + 1), wanted);
}

/// True for the unit with or without its suffix: "nginx" matches "nginx.service".
bool matches_unit(std::string_view unit, std::string_view wanted) {
  return matches_word(unit, wanted) ||
         matches_word(unit.substr(0, std::min(unit.rfind('.'), unit.size())), wanted);
}

/// Compares words of a list such as "ESTABLISHED 2, TIME_WAIT 1"; "half-open" is half_open.
bool has_word(std::string_view list, std::string_view wanted) {
  constexpr std::string_view kParting = " ,";
  while (!list.empty()) {
    const std::string_view word = list.substr(0, list.find_first_of(kParting));
    const bool same = word.size() == wanted.size() &&
                      std::equal(word.begin(), word.end(), wanted.begin(),
                                 [](char a, char b) { return (a == '-' ? '_' : folded(a)) == b; });
    if (same) return true;
    list.remove_prefix(std::min(word.size() + 1, list.size()));
  }
  return false;
}

/// True if `wanted` is a pattern and the address, as it is printed, matches it.
bool matches_address(const ShowEnd& end, std::string_view wanted) {
  if (!end.address || wanted.find('*') == wanted.npos) return false;
  char text[Address::kMaxText];
  const char* const after = end.address->format_to(text);
  return matches_pattern({text, static_cast<std::size_t>(after - text)}, wanted);
}

bool matches_host(const ShowEnd& end, const ShowValue& value) {
  if (value.network) return end.address && value.network->contains(*end.address);
  return matches_name(end.name, value.text) || matches_address(end, value.text);
}

bool matches_port(const ShowSubject& s, const ShowValue& value) {
  const auto within = [&](const ShowEnd& end) {
    return end.port != 0 && end.port >= value.low && end.port <= value.high;
  };
  return within(s.orig) || within(s.resp);
}

bool matches_network(const ShowEnd& end, const ShowValue& value) {
  if (value.is_number) return end.asn != 0 && end.asn == value.low;
  return value.text.find('*') == value.text.npos ? contains(end.as_org, value.text)
                                                 : matches_word(end.as_org, value.text);
}

bool matches_value(ShowKey key, const ShowSubject& s, const ShowValue& value) {
  const auto either = [&](auto&& matches_end) {
    return matches_end(s.orig) || matches_end(s.resp);
  };
  switch (key) {
    case ShowKey::Text:
      return contains(s.text, value.text);
    case ShowKey::Port:
      return matches_port(s, value);
    case ShowKey::Host:
      return either([&](const ShowEnd& e) { return matches_host(e, value); });
    case ShowKey::Orig:
      return matches_host(s.orig, value);
    case ShowKey::Resp:
      return matches_host(s.resp, value);
    case ShowKey::State:
      return std::any_of(s.states.begin(), s.states.end(),
                         [&](std::string_view list) { return has_word(list, value.text); });
    case ShowKey::Outcome:
      return has_word(s.outcomes, value.text);
    case ShowKey::Process:
      return either([&](const ShowEnd& e) { return matches_executable(e.exe, value.text); });
    case ShowKey::Pid:
      return either([&](const ShowEnd& e) { return e.pid != 0 && e.pid == value.low; });
    case ShowKey::User:
      return either([&](const ShowEnd& e) { return matches_word(e.user, value.text); });
    case ShowKey::Unit:
      return either([&](const ShowEnd& e) { return matches_unit(e.unit, value.text); });
    case ShowKey::Country:
      return either([&](const ShowEnd& e) { return matches_word(e.country, value.text); });
    case ShowKey::Asn:
      return either([&](const ShowEnd& e) { return matches_network(e, value); });
    case ShowKey::Name:
      return either([&](const ShowEnd& e) { return matches_name(e.name, value.text); });
    case ShowKey::Proto:
      return equals(s.proto, value.text);
  }
  return false;
}

void append_end(std::string& out, const ShowEnd& end) {
  const bool v4 = end.address->is_v4();
  auto to = std::back_inserter(out);
  fmt::format_to(to, "{}{}{}:{} {} {} ", v4 ? "" : "[", end.address->to_string(), v4 ? "" : "]",
                 end.port, end.name, end.country);
  if (end.asn != 0) fmt::format_to(to, "AS{} ", end.asn);
  fmt::format_to(to, "{} ", end.as_org);
  if (end.pid != 0) fmt::format_to(to, "{} ", end.pid);
  fmt::format_to(to, "{} {} {} ", end.user, end.exe, end.unit);
}

/// The texts of a connection that event lines and logs show.
std::string text_of(const ShowSubject& s, const Annotations& about) {
  std::string text;
  append_end(text, s.orig);
  append_end(text, s.resp);
  for (const std::string_view part :
       {s.port_name, s.states[0], s.outcomes, about.orig.cmdline, about.resp.cmdline}) {
    text += part;
    text += ' ';
  }
  return text;
}

}  // namespace

void ShowEnd::annotate(const EndpointAnnotations& about) {
  asn = about.asn;
  pid = about.pid;
  name = about.name;
  country = about.country;
  as_org = about.as_org;
  user = about.user;
  exe = about.exe;
  unit = about.unit;
}

Result<ShowExpression> ShowExpression::parse(std::string_view text) {
  auto terms = ShowParser(text).parse();
  if (!terms) return terms.error();
  return ShowExpression(std::move(*terms));
}

bool ShowExpression::uses(ShowKey key) const {
  return std::any_of(terms_.begin(), terms_.end(),
                     [key](const ShowTerm& term) { return term.key == key; });
}

bool ShowExpression::matches(const ShowSubject& subject) const {
  return std::all_of(terms_.begin(), terms_.end(), [&](const ShowTerm& term) {
    const bool any = std::any_of(
        term.values.begin(), term.values.end(),
        [&](const ShowValue& value) { return matches_value(term.key, subject, value); });
    return any != term.negated;
  });
}

bool ShowExpression::matches(const ConnectionRecord& record, const Annotations& about) const {
  if (terms_.empty()) return true;
  ShowSubject s;
  s.orig.address = record.tuple.orig.address;
  s.orig.port = record.tuple.orig.port;
  s.orig.annotate(about.orig);
  s.resp.address = record.tuple.resp.address;
  s.resp.port = record.tuple.resp.port;
  s.resp.annotate(about.resp);
  s.port_name = about.port_name;
  s.proto = to_string(record.tuple.transport);
  s.outcomes = to_string(record.outcome);
  s.states = {to_string(record.state), s.outcomes, netstat_state(record, true),
              netstat_state(record, false)};
  std::string text;
  if (uses(ShowKey::Text)) {
    text = text_of(s, about);
    s.text = text;
  }
  return matches(s);
}

}  // namespace synfin
