/// \file
/// EndpointsView's rows, for the files that implement it.
#pragma once

#include "view/endpoints_view.h"

namespace synfin {

struct EndpointsView::Row {
  EndpointPair pair;
  Direction direction = Direction::Transit;
  const Entry* entry = nullptr;             ///< null: only the kernel knows it
  std::optional<SocketStateCounts> kernel;  ///< where it knows more than the packets
  LiveTotals live;
  std::vector<LiveConnection> open;  ///< where each is to be shown

  std::uint64_t now() const;
  std::uint64_t total() const;
  /// "ESTABLISHED 2, TIME_WAIT 1".
  std::string states_now() const;
  std::string states_seen() const;
  void add(const LiveConnection& one, bool each);
};

/// A pair, or one of its connections.
struct EndpointsView::Picked {
  std::uint32_t row = 0;
  const LiveConnection* one = nullptr;
};

}  // namespace synfin
