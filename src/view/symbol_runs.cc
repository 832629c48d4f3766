// See symbol_runs.h.
#include "synfin/view/symbol_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace synfin {
namespace {

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  const std::int64_t quotient = a / b;
  return quotient - (a % b < 0);
}

}  // namespace

std::string_view to_string(Symbol symbol, bool unicode) {
  static constexpr std::array<std::string_view, 5> kSymbols{"▲", "×", "■", "○", "·"};
  static constexpr std::array<std::string_view, 5> kAscii{"A", "x", "#", "o", "."};
  return (unicode ? kSymbols : kAscii)[static_cast<std::size_t>(symbol)];
}

void SymbolRuns::append(std::int64_t begin, std::int64_t end, Symbol symbol) {
  if (end <= begin) return;
  const auto length = static_cast<std::uint32_t>(std::min<std::int64_t>(end - begin, UINT32_MAX));
  if (!runs_.empty() && runs_.back().symbol == symbol) {
    runs_.back().length += length;
  } else {
    runs_.push_back({begin, length, symbol});
  }
}

void SymbolRuns::extend(std::int64_t until, Symbol symbol) {
  if (!empty()) append(end(), until, symbol);
}

void SymbolRuns::note(std::int64_t unit, Symbol symbol, Symbol between) {
  if (empty()) return append(unit, unit + 1, symbol);
  const std::int64_t known = end();
  if (unit >= known) {
    append(known, unit, between);
    return append(unit, unit + 1, symbol);
  }
  Run& last = runs_.back();
  if (last.symbol <= symbol) return;  // the stronger symbol stays
  if (--last.length == 0) runs_.pop_back();
  append(known - 1, known, symbol);
}

void SymbolRuns::widen(std::int64_t factor) {
  std::vector<Run> old;
  old.swap(runs_);
  for (const Run& run : old) {
    const std::int64_t begin = floor_divide(run.begin, factor);
    const std::int64_t end = floor_divide(run.begin + run.length - 1, factor) + 1;
    if (runs_.empty() || begin >= this->end()) {
      append(begin, end, run.symbol);
      continue;
    }
    note(begin, run.symbol, Symbol::Nothing);
    append(begin + 1, end, run.symbol);
  }
}

std::size_t SymbolRuns::keep_latest(std::size_t most) {
  const std::size_t earlier = runs_.size() > most ? runs_.size() - most : 0;
  runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(earlier));
  return earlier;
}

Symbol SymbolRuns::seen(std::int64_t begin, std::int64_t end, Symbol after) const {
  Symbol best = !empty() && end > this->end() ? after : Symbol::Nothing;
  auto run = std::upper_bound(runs_.begin(), runs_.end(), begin,
                              [](std::int64_t at, const Run& r) { return at < r.begin; });
  if (run != runs_.begin()) --run;
  for (; run != runs_.end() && run->begin < end; ++run) {
    if (run->begin + run->length > begin) best = std::min(best, run->symbol);
  }
  return best;
}

std::uint64_t SymbolRuns::busy() const {
  std::uint64_t sum = 0;
  for (const Run& run : runs_) sum += run.symbol == Symbol::Nothing ? 0 : run.length;
  return sum;
}

std::string SymbolRuns::text(bool unicode) const {
  std::string out;
  for (const Run& run : runs_) {
    fmt::format_to(std::back_inserter(out), "{}{}{}", out.empty() ? "" : " ",
                   to_string(run.symbol, unicode), run.length);
  }
  return out;
}

std::uint32_t SymbolRunStore::allocate() {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(runs_.size()));
    runs_.emplace_back();
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();
  return number;
}

void SymbolRunStore::release(std::uint32_t number) {
  total_ -= runs_[number].size();
  runs_[number] = {};
  free_.push_back(number);
}

void SymbolRunStore::note(std::uint32_t number, std::int64_t unit, Symbol symbol, Symbol between) {
  total_ -= runs_[number].size();
  runs_[number].note(unit, symbol, between);
  total_ += runs_[number].size();
}

void SymbolRunStore::widen(std::int64_t factor) {
  total_ = 0;
  for (SymbolRuns& runs : runs_) {
    runs.widen(factor);
    total_ += runs.size();
  }
}

}  // namespace synfin
