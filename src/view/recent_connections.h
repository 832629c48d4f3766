/// \file
/// RecentConnections: the connections that began or ended since this host's sockets were listed.
///
/// A view counts connections by packets, but takes the figures of this host's own ones from a list
/// that is up to a second old. This says how the list must be corrected so that both agree.
/// Tested in tests/unit/view/recent_connections_test.cc.
#pragma once

#include <map>

#include "synfin/view/open_connections.h"
#include "synfin/view/open_traffic.h"

namespace synfin {

/// Stores at most kMaxConnections; those beyond are left out of rows until the next list. Not
/// thread-safe.
class RecentConnections {
 public:
  static constexpr std::size_t kMaxConnections = 16'384;

  /// Notes a connection that begins or ends, and the phases of one that has begun recently.
  void observe(const ConnectionChange& change);

  /// Forgets what lists of sockets and of open connections show by now, if this host's sockets were
  /// listed at `listed`.
  void forget(Timestamp listed);

  /// True if the connection between these ends has ended after `listed` and no other has begun.
  bool ended_since(const ConnectionKey& key, Timestamp listed) const;
  /// True if the connection that began at `first` has ended recently.
  bool has_ended(const ConnectionKey& key, Timestamp first) const;

  /// Calls `visit` with the OpenConnection of each that has begun and not ended.
  template <typename Visit>
  void for_each_open(Visit&& visit) const {
    for (const auto& [key, recent] : recent_) {
      if (is_alive(recent.connection.phase)) visit(recent.connection);
    }
  }

 private:
  struct Recent {
    OpenConnection connection;
    Timestamp changed{};  ///< when it began or ended
  };

  std::map<ConnectionKey, Recent> recent_;
};

}  // namespace synfin
