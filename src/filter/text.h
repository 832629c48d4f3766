/// \file
/// Text functions of the filter files.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "synfin/base/result.h"

namespace synfin {

inline constexpr std::string_view kBlanks = " \t\r\v\f";

/// Returns `text` without leading and trailing blanks.
inline std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// The error of a filter file that cannot be opened or read; errno has the reason.
inline Error cannot_read(const std::string& path) {
  return {"cannot read " + path + ": " + std::generic_category().message(errno), ErrorKind::Usage};
}

}  // namespace synfin
