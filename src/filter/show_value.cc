// See show_value.h.
#include "filter/show_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <limits>
#include <utility>

#include "filter/nearest_word.h"
#include "synfin/base/escape.h"

namespace synfin {
namespace {

struct Key {
  ShowKey key;
  std::string_view example;
};

constexpr std::array<std::string_view, 14> kKeyNames{
    "port", "host", "orig",    "resp", "state", "outcome", "process",
    "user", "unit", "country", "asn",  "name",  "proto",   "pid"};
constexpr std::array<Key, kKeyNames.size()> kKeys{{{ShowKey::Port, "port:443"},
                                                   {ShowKey::Host, "host:10.0.0.0/8"},
                                                   {ShowKey::Orig, "orig:192.0.2.7"},
                                                   {ShowKey::Resp, "resp:192.0.2.0/24"},
                                                   {ShowKey::State, "state:established"},
                                                   {ShowKey::Outcome, "outcome:refused"},
                                                   {ShowKey::Process, "process:nginx"},
                                                   {ShowKey::User, "user:www-data"},
                                                   {ShowKey::Unit, "unit:nginx.service"},
                                                   {ShowKey::Country, "country:NL"},
                                                   {ShowKey::Asn, "asn:64500"},
                                                   {ShowKey::Name, "name:example.org"},
                                                   {ShowKey::Proto, "proto:tcp"},
                                                   {ShowKey::Pid, "pid:4711"}}};

constexpr std::array<std::string_view, 11> kOutcomeWords{
    "open",        "closed",    "reset",   "refused",   "unanswered", "pending",
    "unreachable", "half_open", "aborted", "midstream", "backscatter"};

/// Zeek's states, the kernel's, those of a port in the services view, and the outcomes.
constexpr std::array<std::string_view, 37> kStateWords{
    "s0",          "s1",       "sf",         "rej",         "s2",        "s3",      "rsto",
    "rstr",        "rstos0",   "rstrh",      "sh",          "shr",       "oth",     "established",
    "syn_sent",    "syn_recv", "fin_wait1",  "fin_wait2",   "time_wait", "close",   "close_wait",
    "last_ack",    "listen",   "closing",    "none",        "silent",    "open",    "closed",
    "reset",       "refused",  "unanswered", "unreachable", "half_open", "aborted", "midstream",
    "backscatter", "pending"};

constexpr std::array<std::string_view, 2> kProtocols{"tcp", "udp"};

std::string quoted(std::string_view text) {
  std::string safe = "'";
  append_plain(safe, text);
  return safe += '\'';
}

Error wrong(std::string_view value, std::string_view why) {
  return {quoted(value) + " " + std::string{why}, ErrorKind::Usage};
}

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  Number n{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), n);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return n;
}

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

/// A port, a range of ports, or the name of a service.
Result<ShowValue> read_port(std::string text) {
  ShowValue value;
  if (is_letter(text[0])) {
    value.text = std::move(text);
    return value;
  }
  const std::size_t dash = std::min(text.find('-'), text.size());
  const auto low = number_in<std::uint16_t>(std::string_view(text).substr(0, dash));
  const auto high =
      dash == text.size() ? low : number_in<std::uint16_t>(std::string_view(text).substr(dash + 1));
  if (!low || !high || *low > *high) {
    return wrong(text, "is not a port (443), a range (8000-8100) or the name of a service (https)");
  }
  value.low = *low;
  value.high = *high;
  value.is_number = true;
  return value;
}

/// An address, a network, or a name. What looks like an address must be one.
Result<ShowValue> read_host(std::string text) {
  ShowValue value;
  value.network = Cidr::parse(text);
  const bool numeric =
      text.find_first_of(":/") != text.npos || text.find_first_not_of("0123456789.") == text.npos;
  if (!value.network && numeric) {
    return wrong(text,
                 "is not an address (192.0.2.7, 2001:db8::1), a network (10.0.0.0/8) or a name");
  }
  value.text = std::move(text);
  return value;
}

Result<ShowValue> read_number(std::string text, std::string_view what) {
  const auto number = number_in<std::uint32_t>(text);
  if (!number) return wrong(text, fmt::format("is not {}", what));
  ShowValue value;
  value.low = value.high = *number;
  value.is_number = true;
  return value;
}

/// "64500", "as64500", or a part of the network's name.
Result<ShowValue> read_asn(const std::string& text) {
  const bool prefixed = text.size() > 2 && text[0] == 'a' && text[1] == 's';
  const std::string_view digits = std::string_view(text).substr(prefixed ? 2 : 0);
  if (digits.find_first_not_of("0123456789") == digits.npos) {
    return read_number(std::string{digits}, "an AS number (0 to 4294967295)");
  }
  ShowValue value;
  value.text = text;
  return value;
}

Result<ShowValue> read_country(std::string text) {
  const bool code = text.size() == 2 && is_letter(text[0]) && is_letter(text[1]);
  if (!code && text != "*") return wrong(text, "is not a country's two letters, such as NL");
  ShowValue value;
  value.text = std::move(text);
  return value;
}

/// `words` may hold a word with '_' that a person writes with '-'.
Result<ShowValue> read_choice(std::string text, std::span<const std::string_view> words,
                              std::string_view what) {
  std::string word = text;
  std::replace(word.begin(), word.end(), '-', '_');
  if (std::find(words.begin(), words.end(), word) != words.end()) {
    ShowValue value;
    value.text = std::move(word);
    return value;
  }
  const std::string_view near = nearest_word(word, words);
  if (!near.empty()) return wrong(text, fmt::format("is not {}; did you mean '{}'?", what, near));
  return wrong(text, fmt::format("is not {} ({})", what, fmt::join(words, ", ")));
}

}  // namespace

std::span<const std::string_view> show_key_names() { return kKeyNames; }

std::optional<ShowKey> show_key_of(std::string_view name) {
  const auto* const found = std::find(kKeyNames.begin(), kKeyNames.end(), name);
  if (found == kKeyNames.end()) return std::nullopt;
  return kKeys[static_cast<std::size_t>(found - kKeyNames.begin())].key;
}

std::string_view show_example_of(ShowKey key) {
  const auto* const found =
      std::find_if(kKeys.begin(), kKeys.end(), [key](const Key& k) { return k.key == key; });
  return found == kKeys.end() ? std::string_view{} : found->example;
}

Result<ShowValue> read_show_value(ShowKey key, std::string text) {
  switch (key) {
    case ShowKey::Port:
      return read_port(std::move(text));
    case ShowKey::Host:
    case ShowKey::Orig:
    case ShowKey::Resp:
      return read_host(std::move(text));
    case ShowKey::Asn:
      return read_asn(text);
    case ShowKey::Country:
      return read_country(std::move(text));
    case ShowKey::Pid:
      return read_number(std::move(text), "a process number");
    case ShowKey::State:
      return read_choice(std::move(text), kStateWords, "a state");
    case ShowKey::Outcome:
      return read_choice(std::move(text), kOutcomeWords, "an outcome");
    case ShowKey::Proto:
      return read_choice(std::move(text), kProtocols, "a protocol");
    default: {
      ShowValue value;
      value.text = std::move(text);
      return value;
    }
  }
}

}  // namespace synfin
