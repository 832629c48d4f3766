// See table_requests.h.
#include "app/table_requests.h"

#include <utility>

namespace synfin {

bool TableRequests::post(SocketUpdates news) {
  const std::lock_guard lock(mutex_);
  if (news_.size() == kMost) return false;
  news_.push_back(std::move(news));
  waiting_ = news_.size();
  return true;
}

std::optional<SocketUpdates> TableRequests::take(Timestamp now) {
  if (waiting_.load(std::memory_order_relaxed) == 0) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (news_.empty() || news_.front().at > now) return std::nullopt;
  SocketUpdates oldest = std::move(news_.front());
  news_.pop_front();
  waiting_ = news_.size();
  return oldest;
}

}  // namespace synfin
