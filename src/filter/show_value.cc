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
#include "synfin/enrich/port_names.h"

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

/// The codes of ISO 3166-1, and those that databases use beside them: AP and EU for regions, XK for
/// Kosovo, AN for addresses that were assigned to the Netherlands Antilles.
constexpr std::string_view kCountries =
    "ad ae af ag ai al am an ao ap aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo "
    "bq br bs bt bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm "
    "do dz ec ee eg eh er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs "
    "gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp "
    "kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml mm mn mo mp mq mr ms "
    "mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps "
    "pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv sx sy sz tc "
    "td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug um us uy uz va vc ve vg vi vn vu wf ws xk "
    "ye yt za zm zw";

/// REQUIRES: `code` is two letters in lower case.
bool is_country(std::string_view code) {
  std::size_t at = kCountries.find(code);
  while (at != kCountries.npos && at % 3 != 0) at = kCountries.find(code, at + 1);
  return at != kCountries.npos;
}

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

ShowValue number_value(std::uint32_t low, std::uint32_t high) {
  ShowValue value;
  value.low = low;
  value.high = high;
  value.is_number = true;
  return value;
}

Result<ShowValue> read_service(const std::string& text) {
  const ServiceNames& services = ServiceNames::system();
  if (const auto port = services.port(text)) return number_value(*port, *port);
  if (services.names().empty())
    return wrong(text, "is not known: this host has no services database; write the number");
  const std::string_view near = nearest_word(text, services.names());
  return wrong(text, near.empty()
                         ? "is not the name of a service (https) or a port (443)"
                         : fmt::format("is not the name of a service; did you mean '{}'?", near));
}

/// A port, a range of ports, or the name of a service.
Result<ShowValue> read_port(const std::string& text) {
  const bool ports = text.find_first_not_of("0123456789-") == text.npos;
  if (!ports && std::any_of(text.begin(), text.end(), is_letter)) return read_service(text);
  const std::size_t dash = std::min(text.find('-'), text.size());
  const auto low = number_in<std::uint16_t>(std::string_view(text).substr(0, dash));
  const auto high =
      dash == text.size() ? low : number_in<std::uint16_t>(std::string_view(text).substr(dash + 1));
  if (!low || !high || *low > *high || *high == 0) {
    return wrong(text, "is not a port (443), a range (8000-8100) or the name of a service (https)");
  }
  return number_value(*low, *high);
}

/// An address, a network, a name, or a pattern of addresses and names. What looks like an address
/// without an asterisk must be one.
Result<ShowValue> read_host(std::string text) {
  ShowValue value;
  value.network = Cidr::parse(text);
  const bool pattern = text.find('*') != text.npos && text.find('/') == text.npos;
  const bool numeric = !pattern && (text.find_first_of(":/") != text.npos ||
                                    text.find_first_not_of("0123456789.") == text.npos);
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
  return number_value(*number, *number);
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
  if (text == "uk" || text == "el") {
    return wrong(text,
                 fmt::format("is not a country; did you mean '{}'?", text == "uk" ? "gb" : "gr"));
  }
  if (code && !is_country(text)) return wrong(text, "is not a country's code in ISO 3166");
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
      return read_port(text);
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
