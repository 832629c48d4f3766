// See table_requests.h.
#include "app/table_requests.h"

#include <utility>

namespace synfin {

bool TableRequests::post(SocketUpdates updates) {
  const std::lock_guard lock(mutex_);
  if (updates_.size() == kMaxUpdates) return false;
  updates_.push_back(std::move(updates));
  size_ = updates_.size();
  return true;
}

std::optional<SocketUpdates> TableRequests::take(Timestamp now) {
  if (size_.load(std::memory_order_relaxed) == 0) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (updates_.empty() || updates_.front().at > now) return std::nullopt;
  SocketUpdates oldest = std::move(updates_.front());
  updates_.pop_front();
  size_ = updates_.size();
  return oldest;
}

}  // namespace synfin
