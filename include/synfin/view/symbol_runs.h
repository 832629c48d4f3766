/// \file
/// SymbolRuns: one address's timeline as runs of equal symbols, and the timelines of many addresses
/// in units that grow wider when memory or span ask for it. Tested in
/// tests/unit/view/timeline_view_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace synfin {

/// What a unit of time saw; of several things the first in this list that occurred.
enum class Symbol : std::uint8_t { New, Closed, Active, Listening, Nothing };

/// "▲", "×", "■", "○", "·", or "A", "x", "#", "o", ".".
std::string_view to_string(Symbol symbol, bool unicode);

/// Runs in order of time, without gaps: from the first unit that saw something to the last.
class SymbolRuns {
 public:
  struct Run {
    std::int64_t begin = 0;  ///< number of its first unit
    std::uint32_t length = 0;
    Symbol symbol = Symbol::Nothing;
  };

  bool empty() const { return runs_.empty(); }
  std::size_t size() const { return runs_.size(); }
  const std::vector<Run>& runs() const { return runs_; }
  std::int64_t begin() const { return runs_.front().begin; }  ///< REQUIRES: !empty()
  std::int64_t end() const { return runs_.back().begin + runs_.back().length; }

  /// Notes `symbol` in `unit`. Units before it that nothing was said of become `between`. What
  /// comes late counts in the last unit.
  void note(std::int64_t unit, Symbol symbol, Symbol between);
  /// Appends `symbol` up to `end`, if that is later.
  void extend(std::int64_t end, Symbol symbol);
  /// Makes units `factor` times as wide.
  void widen(std::int64_t factor);

  /// What units [begin, end) saw; `after` behind the last run.
  Symbol seen(std::int64_t begin, std::int64_t end, Symbol after) const;
  /// Units in which something was open.
  std::uint64_t busy() const;
  /// "▲■■■■×" as "▲1 ■4 ×1".
  std::string text(bool unicode) const;

 private:
  void append(std::int64_t begin, std::int64_t end, Symbol symbol);

  std::vector<Run> runs_;
};

}  // namespace synfin
