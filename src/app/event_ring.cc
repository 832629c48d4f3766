// See event_ring.h.
#include "app/event_ring.h"

namespace synfin {

EventRing::EventRing(std::size_t buffers, std::size_t events_each) {
  for (std::size_t i = 0; i < buffers; ++i) {
    buffers_.push_back(std::make_unique<EventBuffer>(events_each));
  }
}

EventBuffer& EventRing::take_empty() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return handed_over_ - given_back_ < buffers_.size(); });
  EventBuffer& buffer = *buffers_[handed_over_ % buffers_.size()];
  buffer.clear();
  return buffer;
}

void EventRing::hand_over() {
  {
    const std::lock_guard lock(mutex_);
    ++handed_over_;
  }
  changed_.notify_all();
}

EventBuffer* EventRing::try_exchange() {
  EventBuffer* next = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (handed_over_ + 1 - given_back_ >= buffers_.size()) return nullptr;
    ++handed_over_;
    next = buffers_[handed_over_ % buffers_.size()].get();
  }
  changed_.notify_all();
  next->clear();
  return next;
}

void EventRing::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

EventBuffer* EventRing::take_full() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return given_back_ < handed_over_ || closed_; });
  if (given_back_ == handed_over_) return nullptr;
  return buffers_[given_back_ % buffers_.size()].get();
}

void EventRing::give_back() {
  {
    const std::lock_guard lock(mutex_);
    ++given_back_;
  }
  changed_.notify_all();
}

}  // namespace synfin
