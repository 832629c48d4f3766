// See table_snapshot.h.
#include "synfin/track/table_snapshot.h"

namespace synfin {

void TableSnapshot::request() {
  if (state_.load(std::memory_order_relaxed) != State::Idle) return;
  records_.resize(kMaxRows);
  state_.store(State::Requested, std::memory_order_release);
}

std::optional<TableSnapshot::Rows> TableSnapshot::take() {
  if (state_.load(std::memory_order_acquire) != State::Answered) return std::nullopt;
  state_.store(State::Idle, std::memory_order_relaxed);
  return Rows{at_, std::span(records_).first(size_), open_};
}

void TableSnapshot::answer(const ConnectionTable& table, Timestamp now) {
  if (state_.load(std::memory_order_acquire) != State::Requested) return;
  size_ = table.snapshot(records_);
  open_ = table.open();
  at_ = now;
  state_.store(State::Answered, std::memory_order_release);
}

}  // namespace synfin
