// See state_counts.h.
#include "view/state_counts.h"

#include <fmt/format.h>

#include <numeric>

#include "synfin/report/format.h"

namespace synfin {

void count_phase(PhaseCounts& counts, const ConnectionChange& change, bool at_orig) {
  const auto count_of = [&](Phase phase) -> std::uint32_t& {
    return counts[static_cast<std::size_t>(at_orig ? phase : at_other_end(phase))];
  };
  if (change.before) {
    std::uint32_t& was = count_of(change.phase_before);
    was -= was != 0;
  }
  ++count_of(change.phase_after);
}

std::uint64_t open_of(const PhaseCounts& counts) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kPhases; ++i) sum += is_alive(static_cast<Phase>(i)) ? counts[i] : 0;
  return sum;
}

std::string states_text(const PhaseCounts& counts) {
  std::string text;
  for (std::size_t i = 0; i + 1 < kPhases; ++i)
    append_count(text, to_string(static_cast<Phase>(i)), counts[i]);
  return text;
}

std::uint64_t SocketStateCounts::open() const {
  const std::uint64_t all = std::accumulate(of.begin(), of.end(), std::uint64_t{0});
  return all - of[static_cast<std::size_t>(SocketState::TimeWait)] -
         of[static_cast<std::size_t>(SocketState::Close)];
}

std::string states_text(const SocketStateCounts& counts) {
  std::string text;
  for (std::size_t i = 0; i < counts.of.size(); ++i)
    append_count(text, to_string(static_cast<SocketState>(i)), counts.of[i]);
  return text;
}

std::string states_text(const PhaseCounts& packets, const SocketStateCounts& kernel) {
  if (open_of(packets) == kernel.open()) return states_text(kernel);
  std::string text;
  for (std::size_t i = 0; i < kPhases; ++i) {
    if (is_alive(static_cast<Phase>(i)))
      append_count(text, to_string(static_cast<Phase>(i)), packets[i]);
  }
  append_count(text, to_string(SocketState::TimeWait),
               kernel.of[static_cast<std::size_t>(SocketState::TimeWait)]);
  return text;
}

void append_count(std::string& out, std::string_view state, std::uint64_t n) {
  if (n == 0) return;
  out += fmt::format("{}{} {}", out.empty() ? "" : ", ", state, with_separators(n));
}

}  // namespace synfin
