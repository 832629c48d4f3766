// The kinds of values that options take. See option_row.h.
#include <fmt/format.h>

#include <charconv>

#include "synfin/cli/option_row.h"
#include "synfin/cli/time_text.h"

namespace synfin {

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

bool parse_number(std::string_view text, std::uint64_t min, std::uint64_t max, std::uint64_t& out) {
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, out);
  return parsed.ec == std::errc{} && parsed.ptr == end && out >= min && out <= max;
}

std::string expected_number(std::uint64_t min, std::uint64_t max) {
  if (max == UINT64_MAX) return fmt::format("a number from {} on", min);
  return fmt::format("a number from {} to {}", min, max);
}

}  // namespace synfin
