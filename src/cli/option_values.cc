// The kinds of values that options take. See option_row.h.
#include <fmt/format.h>

#include <charconv>

#include "synfin/cli/option_row.h"
#include "synfin/cli/time_text.h"

namespace synfin {
namespace {

/// "10" is 10 000 000 bytes, as tcpdump counts; "10k", "10M" and "1G" count in powers of 1024.
bool parse_size(std::string_view text, std::uint64_t& bytes) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(parsed.ptr, static_cast<std::size_t>(text.end() - parsed.ptr));
  std::uint64_t factor = 1'000'000;
  if (unit == "k" || unit == "K") factor = 1 << 10;
  if (unit == "m" || unit == "M") factor = 1 << 20;
  if (unit == "g" || unit == "G") factor = 1 << 30;
  const bool known = unit.empty() || factor != 1'000'000;
  return parsed.ec == std::errc{} && known && number != 0 &&
         !__builtin_mul_overflow(number, factor, &bytes);
}

/// Appends the ports of "80,443" to `out`.
bool parse_ports(std::string_view given, std::vector<std::uint16_t>& out) {
  for (bool more = true; more;) {
    const std::string_view word = given.substr(0, given.find(','));
    std::uint64_t port = 0;
    if (!parse_number(word, 1, 65535, port)) return false;
    out.push_back(static_cast<std::uint16_t>(port));
    more = word.size() < given.size();
    given.remove_prefix(std::min(word.size() + 1, given.size()));
  }
  return true;
}

}  // namespace

OptionValue flag(bool& target) {
  return {.word = {}, .expects = {}, .set = [&target](const std::string&) {
            target = true;
            return true;
          }};
}

OptionValue text(std::string word, std::string& target, Completion completion) {
  return {.word = std::move(word),
          .expects = {},
          .set =
              [&target](const std::string& given) {
                target = given;
                return true;
              },
          .completion = completion};
}

OptionValue list(std::string word, std::vector<std::string>& target, Completion completion) {
  return {.word = std::move(word),
          .expects = {},
          .set =
              [&target](const std::string& given) {
                target.push_back(given);
                return true;
              },
          .completion = completion,
          .repeatable = true};
}

OptionValue choice_of(std::string word) {
  return {.word = std::move(word), .expects = {}, .set = {}, .completion = Completion::Words};
}

OptionValue duration(Duration& target) {
  return {.word = "TIME",
          .expects = "a time span such as 500ms, 30s or 5m",
          .set = [&target](const std::string& given) {
            const auto parsed = parse_duration(given);
            target = parsed.value_or(target);
            return parsed.has_value();
          }};
}

OptionValue positive_duration(std::string word, std::optional<Duration>& target) {
  return {.word = std::move(word),
          .expects = "a time span such as 1s, 500ms or 5m",
          .set = [&target](const std::string& given) {
            target = parse_duration(given);
            return target && *target > Duration{0};
          }};
}

OptionValue optional_duration(std::optional<Duration>& target) {
  return {.word = "TIME",
          .expects = "a time span such as 30s, 5m or 2h",
          .set = [&target](const std::string& given) {
            target = parse_duration(given);
            return target.has_value();
          }};
}

OptionValue time_text(std::string& target) {
  return {.word = "TIME",
          .expects = "a time such as 2026-03-01T14:30:00Z or seconds since the epoch",
          .set = [&target](const std::string& given) {
            target = given;
            return parse_time(given, Zone::Utc).has_value();
          }};
}

OptionValue percentage(double& target) {
  return {.word = "PCT",
          .expects = "a number from 0 to 100",
          .set = [&target](const std::string& given) {
            const char* end = given.data() + given.size();
            const auto parsed = std::from_chars(given.data(), end, target);
            return parsed.ec == std::errc{} && parsed.ptr == end && target >= 0 && target <= 100;
          }};
}

OptionValue port_list(std::string word, std::vector<std::uint16_t>& target) {
  return {.word = std::move(word),
          .expects = "ports such as 80 or 80,443",
          .set = [&target](const std::string& given) { return parse_ports(given, target); }};
}

OptionValue byte_size(std::string word, std::uint64_t& target) {
  return {.word = std::move(word),
          .expects = "a size such as 10 (millions of bytes), 500k or 1G",
          .set = [&target](const std::string& given) { return parse_size(given, target); }};
}

OptionValue network_list(std::string word, std::vector<Cidr>& target) {
  return {.word = std::move(word),
          .expects = "an address or a CIDR such as 192.0.2.0/24",
          .set =
              [&target](const std::string& given) {
                const auto net = Cidr::parse(given);
                if (net) target.push_back(*net);
                return net.has_value();
              },
          .repeatable = true};
}

bool parse_number(std::string_view text, std::uint64_t min, std::uint64_t max, std::uint64_t& out) {
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, out);
  return parsed.ec == std::errc{} && parsed.ptr == end && out >= min && out <= max;
}

std::string expected_number(std::uint64_t min, std::uint64_t max, std::string_view things) {
  if (max == UINT64_MAX) return fmt::format("a number of {} from {} on", things, min);
  return fmt::format("a number of {} from {} to {}", things, min, max);
}

}  // namespace synfin
