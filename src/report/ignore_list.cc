// See ignore_list.h.
#include "report/ignore_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace synfin {
namespace {

std::string_view take_word(std::string_view& line) {
  constexpr std::string_view kSeparators = " \t\r,";
  const std::size_t begin = std::min(line.find_first_not_of(kSeparators), line.size());
  line.remove_prefix(begin);
  const std::size_t end = std::min(line.find_first_of(kSeparators), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

/// "[2001:db8::1]:443", "192.0.2.1:443", "2001:db8::1" → address and port. The port may be "*".
std::pair<std::string_view, std::string_view> split_service(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos) return {text, {}};
    const std::string_view rest = text.substr(end + 1);
    return {text.substr(1, end - 1), rest.starts_with(':') ? rest.substr(1) : rest};
  }
  const std::size_t colon = text.rfind(':');
  const bool several = colon != text.npos && text.find(':') != colon;  // IPv6 without a port
  if (colon == text.npos || several) return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace

std::optional<IgnoreList::Pair> IgnoreList::parse_pair(std::string_view orig,
                                                       std::string_view service) {
  Pair pair;
  const auto [resp, port] = split_service(service);
  const auto block = [](std::string_view text, std::optional<Cidr>& out) {
    if (text == "*") return true;
    out = Cidr::parse(text);
    return out.has_value();
  };
  if (!block(orig, pair.orig) || !block(resp, pair.resp)) return std::nullopt;
  if (port.empty() || port == "*") return pair;
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || end != port.data() + port.size()) return std::nullopt;
  pair.port = number;
  return pair;
}

Result<IgnoreList> IgnoreList::parse(std::string_view text) {
  IgnoreList list;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    const std::string_view first = take_word(line);
    std::string_view second = take_word(line);
    if (second == "->") second = take_word(line);
    if (first.empty()) continue;
    bool read = take_word(line).empty();
    if (read && second.empty()) {
      const auto host = Cidr::parse(first);
      read = host.has_value();
      if (host) list.hosts_.push_back(*host);
    } else if (read) {
      const auto pair = parse_pair(first, second);
      read = pair.has_value();
      if (pair) list.pairs_.push_back(*pair);
    }
    if (!read)
      return Error{
          fmt::format("line {} is no address, CIDR block, or pair such as '10.0.0.7 "
                      "192.0.2.1:443'",
                      number)};
  }
  return Result<IgnoreList>(std::move(list));
}

bool IgnoreList::contains(const Address& host) const {
  return std::any_of(hosts_.begin(), hosts_.end(),
                     [&](const Cidr& block) { return block.contains(host); });
}

bool IgnoreList::contains(const Address& orig, const Address& resp, std::uint16_t port) const {
  if (contains(orig) || contains(resp)) return true;
  return std::any_of(pairs_.begin(), pairs_.end(), [&](const Pair& pair) {
    return (!pair.orig || pair.orig->contains(orig)) && (!pair.resp || pair.resp->contains(resp)) &&
           (!pair.port || *pair.port == port);
  });
}

}  // namespace synfin
