/// \file
/// The rows of EndpointsView, used by the files that implement it.
#pragma once

#include "view/endpoints_view.h"

namespace synfin {

struct EndpointsView::PairRow {
  EndpointPair pair;
  Direction direction = Direction::Transit;
  const PairEntry* entry = nullptr;         ///< null if the pair was seen in the socket table only
  std::optional<SocketStateCounts> kernel;  ///< set if an end is local; replaces entry's phases
  LiveTotals live;
  std::vector<LiveConnection> open;  ///< filled only if ViewRequest::each

  std::uint64_t now() const;
  std::uint64_t total() const;
  /// "ESTABLISHED 2, TIME_WAIT 1".
  std::string states_now() const;
  std::string states_seen() const;
  void add(const LiveConnection& one, bool each);
};

/// The traffic of all rows. Rates are unset if none is known.
struct EndpointsView::Totals {
  Traffic out;
  Traffic in;
};

/// A row of a page: a pair, or one of its connections.
struct EndpointsView::PageRow {
  std::uint32_t row = 0;
  const LiveConnection* one = nullptr;  ///< null for the row of the pair
};

}  // namespace synfin
