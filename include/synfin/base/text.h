/// \file
/// Text without the blanks around it, as the readers of lines need it.
#pragma once

#include <string_view>

namespace synfin {

inline constexpr std::string_view kBlanks = " \t\r\n\v\f";

/// Returns `text` without leading and trailing blanks.
inline std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace synfin
