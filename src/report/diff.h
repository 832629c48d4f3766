/// \file
/// compare(): what differs between two sides, beyond what chance explains.
///
///     pairs of both sides → ignore → blocks of changing originators → tests → rows
///
/// Tested in tests/unit/report/diff_test.cc, and with generated traffic in tests/golden/diff.py.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/diff_side.h"
#include "report/ignore_list.h"

namespace synfin {

enum class DiffKind : unsigned char { Edge, Host, Service, Volume };
enum class DiffChange : unsigned char { New, Gone, Failing, Working, Slower, Cause, More, Less };

/// "edge", "host", "service", "volume".
std::string_view to_string(DiffKind kind);
/// "new", "gone", "failing", "working", "slower", "cause", "more", "less".
std::string_view to_string(DiffChange change);

/// The figures of one side of a row.
struct DiffFigures {
  std::uint64_t attempts = 0, established = 0, failed = 0;
  std::optional<std::uint64_t> bytes;  ///< unset: unknown
  Duration p50 = kNoDuration, p99 = kNoDuration;
  std::uint64_t samples = 0;
  std::string cause;  ///< the most frequent one of the failures
};

struct DiffRow {
  DiffKind kind = DiffKind::Edge;
  DiffChange change = DiffChange::New;
  std::optional<DiffKey> key;   ///< of an edge; of a service or volume without its originator
  std::optional<Address> host;  ///< of a host
  DiffFigures before, after;
  std::string evidence;  ///< a clause in words
  bool proven = true;    ///< false: so few connections that chance may explain the difference
};

struct Diff {
  std::vector<DiffRow> rows;       ///< edges, hosts, services, volume; each by change and key
  std::vector<std::string> notes;  ///< sentences about what cannot be compared
  std::uint64_t pairs = 0;         ///< that were compared
  std::uint64_t undecided = 0;     ///< pairs that may be new, gone or cut off
};

/// Which pairs that only one side has are listed.
enum class DiffScope : unsigned char {
  Proven,  ///< those that chance does not explain; in small inputs all
  All,     ///< all, and each originator by itself, also if their addresses change all the time
};

/// Null gives no figures.
DiffFigures figures_of(const PairFigures* pair);

Diff compare(DiffSide before, DiffSide after, const IgnoreList& ignore,
             DiffScope scope = DiffScope::Proven);

/// Merges originators of a service to blocks (/24 and /16, or /64 and /48, or all), if the
/// service's originators within the block change all the time. Both sides get the same blocks.
void merge_changing_originators(Pairs& before, Pairs& after, Duration span_before,
                                Duration span_after);

/// "192.0.2.1", "192.0.2.0/24", "any".
std::string originator_text(const DiffKey& key);

}  // namespace synfin
