// See filter_hint.h.
#include "capture/filter_hint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <vector>

#include "synfin/base/edit_distance.h"

namespace synfin {
namespace {

/// Words after which a name or number follows. Of equally near words, the first one is suggested.
constexpr std::array<std::string_view, 22> kBeforeName{
    "port", "host",    "net",     "src",        "dst",   "proto", "portrange", "mask",
    "less", "greater", "gateway", "protochain", "ether", "vlan",  "mpls",      "geneve",
    "type", "subtype", "dir",     "addr1",      "addr2", "ifname"};
/// The other words of pcap-filter(7).
constexpr std::array<std::string_view, 49> kWords{
    "tcp",      "and",    "or",     "not",       "ip",        "ip6",      "udp",
    "icmp",     "icmp6",  "arp",    "rarp",      "sctp",      "igmp",     "pim",
    "vrrp",     "ah",     "esp",    "broadcast", "multicast", "len",      "inbound",
    "outbound", "pppoes", "pppoed", "wlan",      "link",      "fddi",     "tr",
    "ppp",      "slip",   "atalk",  "aarp",      "decnet",    "iso",      "clnp",
    "esis",     "isis",   "stp",    "ipx",       "netbeui",   "radio",    "ra",
    "ta",       "vxlan",  "llc",    "carp",      "tcpflags",  "icmptype", "icmpcode"};
constexpr std::array<std::string_view, 9> kBeforeMore{"and", "or",   "not", "port", "host",
                                                      "net", "less", "src", "dst"};
/// The commands of synfin, which are recognized as the first word only.
constexpr std::array<std::string_view, 8> kCommands{"report",      "diff",   "path",  "inventory",
                                                    "connections", "notify", "store", "config"};
constexpr std::string_view kSigns = " \t\r\n()!&|=<>+*/[],";

bool contains(const auto& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<std::string_view> split(std::string_view expression) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < expression.size();) {
    const std::size_t begin = expression.find_first_not_of(kSigns, at);
    if (begin == expression.npos) break;
    at = std::min(expression.find_first_of(kSigns, begin), expression.size());
    words.push_back(expression.substr(begin, at - begin));
  }
  return words;
}

/// The name, number or address that may be an expression by itself: 80, 192.0.2.1, 2001:db8::1,
/// tcp-syn.
bool is_value(std::string_view word) {
  return std::isdigit(static_cast<unsigned char>(word[0])) != 0 ||
         word.find_first_of(".:-%\\") != word.npos;
}

/// The first of the nearest words in `lists`; empty if none is near.
template <typename... Lists>
std::string_view nearest_of(std::string_view word, const Lists&... lists) {
  std::string_view nearest;
  std::size_t fewest = SIZE_MAX;
  const auto try_all = [&](const auto& words) {
    for (const std::string_view known : words) {
      const std::size_t edits = word.size() < 32 ? edit_distance(word, known) : SIZE_MAX;
      if (edits > std::max<std::size_t>(1, known.size() / 3) || edits >= fewest) continue;
      fewest = edits;
      nearest = known;
    }
  };
  (try_all(lists), ...);
  return nearest;
}

/// What a word that pcap-filter(7) does not have may stand for.
std::string suggestion(std::string_view word, bool is_first) {
  const std::string_view nearest = nearest_of(word, kBeforeName, kWords);
  const std::string_view command = is_first ? nearest_of(word, kCommands) : std::string_view{};
  if (!nearest.empty() && !command.empty())
    return fmt::format("; did you mean '{}', or the command {}?", nearest, command);
  if (!nearest.empty()) return fmt::format("; did you mean '{}'?", nearest);
  if (!command.empty()) return fmt::format("; did you mean the command {}?", command);
  return is_first ? "; an interface needs -i, a capture -r" : "";
}

/// The first word that pcap-filter(7) does not have and that is no name after a keyword.
std::string_view unknown_word(const std::vector<std::string_view>& words) {
  bool name_may_follow = false;
  for (const std::string_view word : words) {
    const bool before_name = contains(kBeforeName, word);
    const bool known = before_name || contains(kWords, word);
    if (!known && !name_may_follow && !is_value(word)) return word;
    name_may_follow = before_name;
  }
  return {};
}

}  // namespace

std::string filter_reason(std::string_view expression, std::string_view reason) {
  if (reason.find("syntax error") == reason.npos) return std::string(reason);
  const std::vector<std::string_view> words = split(expression);
  if (const std::string_view word = unknown_word(words); !word.empty()) {
    return fmt::format("pcap-filter(7) has no word '{}'{}", word,
                       suggestion(word, word == words[0]));
  }
  const auto opened = std::count(expression.begin(), expression.end(), '(');
  const auto closed = std::count(expression.begin(), expression.end(), ')');
  if (opened > closed) return "a closing parenthesis is missing";
  if (opened < closed) return "a closing parenthesis has no opening one";
  if (!words.empty() && contains(kBeforeMore, words.back()))
    return fmt::format("something must follow '{}' at its end", words.back());
  return "its syntax is wrong; see pcap-filter(7)";
}

}  // namespace synfin
