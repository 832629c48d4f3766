/// \file
/// TextPool: stores each distinct text once, up to a limit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "synfin/base/diagnostics.h"

namespace synfin {

/// A number stays valid for the life of the pool. Number 0 is the empty text; a full pool returns
/// it for new texts, and reports that once.
class TextPool {
 public:
  explicit TextPool(std::size_t limit) : limit_(limit), texts_(1) {}

  std::uint32_t number_of(std::string_view text) {
    if (text.empty()) return 0;
    const auto known = numbers_.find(std::string{text});
    if (known != numbers_.end()) return known->second;
    if (texts_.size() > limit_) return count_missing();
    texts_.emplace_back(text);
    const auto number = static_cast<std::uint32_t>(texts_.size() - 1);
    numbers_.emplace(texts_.back(), number);
    return number;
  }
  /// How often a full pool did not store a text.
  std::uint64_t missing() const { return missing_; }
  const std::string& text(std::uint32_t number) const { return texts_[number]; }

 private:
  std::uint32_t count_missing() {
    if (missing_++ == 0) {
      log(LogLevel::Warning, "the view keeps the names of the first " + std::to_string(limit_) +
                                 " programs and users only; later ones are left blank");
    }
    return 0;
  }

  std::size_t limit_;
  std::uint64_t missing_ = 0;
  std::vector<std::string> texts_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

}  // namespace synfin
