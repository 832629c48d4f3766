// See recent_connections.h.
#include "view/recent_connections.h"

namespace synfin {
namespace {

/// The list of the tracker's open connections may be this much older than that of the sockets.
constexpr Duration kMaxLag = std::chrono::seconds{2};

}  // namespace

void RecentConnections::observe(const ConnectionChange& change) {
  const bool turns = change.opens() || change.ends();
  if (!turns && recent_.empty()) return;
  const ConnectionRecord& r = change.connection();
  const ConnectionKey key = ConnectionKey::of(r.tuple);
  const auto known = recent_.find(key);
  if (known == recent_.end() && (!turns || recent_.size() == kMaxConnections)) return;
  // The record of an old connection does not end a new one with the same ends.
  if (known != recent_.end() && known->second.connection.first > r.first) return;
  Recent& recent = known != recent_.end() ? known->second : recent_[key];
  recent.connection = OpenConnection::of(r, change.phase_after, false);
  if (turns) recent.changed = change.event.time;
}

void RecentConnections::forget(Timestamp listed) {
  std::erase_if(recent_, [&](const auto& one) { return one.second.changed < listed - kMaxLag; });
}

bool RecentConnections::ended_since(const ConnectionKey& key, Timestamp listed) const {
  const auto known = recent_.find(key);
  return known != recent_.end() && !is_alive(known->second.connection.phase) &&
         known->second.changed >= listed;
}

bool RecentConnections::has_ended(const ConnectionKey& key, Timestamp first) const {
  const auto known = recent_.find(key);
  return known != recent_.end() && !is_alive(known->second.connection.phase) &&
         known->second.connection.first == first;
}

}  // namespace synfin
