/// \file
/// SymbolRuns: the timeline of one address, run-length encoded, and SymbolRunStore: the timelines
/// of all addresses. Time is divided into units; widen() merges neighbouring units to save memory.
/// Tested in tests/unit/view/timeline_view_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace synfin {

/// What happened to an address in a unit of time. Of several, the first in this list counts.
enum class Symbol : std::uint8_t { New, Closed, Active, Listening, Nothing };

/// "▲", "×", "■", "○", "·", or "A", "x", "#", "o", ".".
std::string_view to_string(Symbol symbol, bool unicode);

/// Runs in order of time and without gaps, from the first noted unit to the last.
class SymbolRuns {
 public:
  struct Run {
    std::int64_t begin = 0;  ///< number of the first unit
    std::uint32_t length = 0;
    Symbol symbol = Symbol::Nothing;
  };

  bool empty() const { return runs_.empty(); }
  std::size_t size() const { return runs_.size(); }
  const std::vector<Run>& runs() const { return runs_; }
  std::int64_t begin() const { return runs_.front().begin; }  ///< REQUIRES: !empty()
  std::int64_t end() const { return runs_.back().begin + runs_.back().length; }

  /// Notes `symbol` in `unit`. Units between the last run and `unit` become `between`. A unit
  /// earlier than the last one counts as the last one.
  void note(std::int64_t unit, Symbol symbol, Symbol between);
  /// Appends `symbol` up to unit `end`, if that is later than end().
  void extend(std::int64_t end, Symbol symbol);
  /// Makes units `factor` times as wide.
  void widen(std::int64_t factor);
  /// Removes all but the latest `most` runs, and returns how many it removed. REQUIRES: most != 0.
  std::size_t keep_latest(std::size_t most);

  /// The first symbol of enum order in units [begin, end); units after the last run count as
  /// `after`.
  Symbol seen(std::int64_t begin, std::int64_t end, Symbol after) const;
  /// The number of units in which something happened.
  std::uint64_t busy() const;
  /// "▲■■■■×" as "▲1 ■4 ×1".
  std::string text(bool unicode) const;

 private:
  void append(std::int64_t begin, std::int64_t end, Symbol symbol);

  std::vector<Run> runs_;
};

/// The SymbolRuns of many addresses, by number. Counts all runs, so that their owner can bound
/// them.
class SymbolRunStore {
 public:
  /// Returns the number of an empty SymbolRuns.
  std::uint32_t allocate();
  /// Empties the runs of `number` for reuse.
  void release(std::uint32_t number);
  const SymbolRuns& operator[](std::uint32_t number) const { return runs_[number]; }
  /// SymbolRuns::note() on the runs of `number`.
  void note(std::uint32_t number, std::int64_t unit, Symbol symbol, Symbol between);
  void widen(std::int64_t factor);
  /// The number of runs of all addresses.
  std::size_t total() const { return total_; }

 private:
  std::vector<SymbolRuns> runs_;
  std::vector<std::uint32_t> free_;
  std::size_t total_ = 0;
};

}  // namespace synfin
