/// \file
/// BoundedRing: a fixed set of reusable buffers that one thread fills and another one empties.
///
/// Flow: take_empty() → fill → hand_over() ⇒ take_full() → use → give_back() ⇒ take_empty() …
/// Tested in tests/unit/base/bounded_ring_test.cc.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "synfin/base/result.h"

namespace synfin {

/// Passes buffers from one producer to one consumer, in order, without copying them.
///
/// Memory: the constructor allocates all buffers; afterwards the ring allocates nothing. Threads:
/// one producer and one consumer. A buffer belongs to the thread that took it, until that thread
/// passes it on. Each call takes a lock for a few instructions, so a buffer should hold many items.
/// Only the functions whose comments say so may wait. End: the producer calls close(), after which
/// the consumer still receives the buffers that were handed over. The consumer calls abandon(),
/// after which the producer receives no more buffers.
template <typename Buffer>
class BoundedRing {
 public:
  /// Makes `count` buffers, each constructed from `arguments`. REQUIRES: count > 0.
  template <typename... Arguments>
  explicit BoundedRing(std::size_t count, const Arguments&... arguments) {
    buffers_.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
      buffers_.push_back(std::make_unique<Buffer>(arguments...));
  }

  BoundedRing(const BoundedRing&) = delete;
  BoundedRing& operator=(const BoundedRing&) = delete;

  /// Producer: returns the next buffer to fill, cleared if `Buffer` has a member clear(), otherwise
  /// with its previous contents. Waits while the consumer has all buffers. Returns null after
  /// abandon(). Without a hand_over() in between, it returns the same buffer again.
  Buffer* take_empty() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return abandoned_ || full() < buffers_.size(); });
    return abandoned_ ? nullptr : cleared(at(handed_over_));
  }

  /// Producer: passes the buffer last taken to the consumer. REQUIRES: a buffer was taken.
  void hand_over() {
    change([this] { ++handed_over_; });
  }

  /// Producer: passes the buffer last taken to the consumer and returns the next one; never waits.
  /// Returns null, and the producer keeps its buffer, if there is no next one or after abandon().
  Buffer* try_exchange() {
    const std::unique_lock lock(mutex_);
    if (abandoned_ || full() + 1 >= buffers_.size()) return nullptr;
    ++handed_over_;
    changed_.notify_all();
    return cleared(at(handed_over_));
  }

  /// Producer: no further buffer will be handed over. `error` is the reason if this is a failure.
  void close(std::optional<Error> error = std::nullopt) {
    change([&] {
      closed_ = true;
      if (!error_) error_ = std::move(error);
    });
  }

  /// Consumer: returns the oldest full buffer. Waits for one. Returns null after close() when all
  /// buffers have been taken. Without a give_back() in between, it returns the same buffer again.
  Buffer* take_full() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || full() > 0; });
    return full() > 0 ? at(given_back_) : nullptr;
  }

  /// Consumer: waits until take_full() does not wait, but not longer than `longest`. Returns false
  /// if that time has passed.
  bool wait_full(std::chrono::milliseconds longest) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, longest, [this] { return closed_ || full() > 0; });
  }

  /// Consumer: makes the buffer last taken available to the producer. REQUIRES: a buffer was taken.
  void give_back() {
    change([this] { ++given_back_; });
  }

  /// Consumer: no further buffer will be taken. `error` is the reason if this is a failure.
  void abandon(std::optional<Error> error = std::nullopt) {
    change([&] {
      abandoned_ = true;
      if (!error_) error_ = std::move(error);
    });
  }

  /// Either side: the first error that close() or abandon() passed on; empty if there was none.
  std::optional<Error> error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }

  std::size_t capacity() const { return buffers_.size(); }
  /// Either side: true if half of the buffers or more wait for the consumer.
  bool is_half_full() const {
    const std::lock_guard lock(mutex_);
    return full() * 2 >= buffers_.size();
  }

 private:
  std::size_t full() const { return handed_over_ - given_back_; }
  Buffer* at(std::size_t index) const { return buffers_[index % buffers_.size()].get(); }

  static Buffer* cleared(Buffer* buffer) {
    if constexpr (requires { buffer->clear(); }) buffer->clear();
    return buffer;
  }

  template <typename Change>
  void change(Change apply) {
    {
      const std::lock_guard lock(mutex_);
      apply();
    }
    changed_.notify_all();
  }

  std::vector<std::unique_ptr<Buffer>> buffers_;
  mutable std::mutex mutex_;  ///< guards the members below, not the buffers' contents
  std::condition_variable changed_;
  std::size_t handed_over_ = 0;  ///< buffers ever handed over
  std::size_t given_back_ = 0;   ///< buffers ever given back; at most capacity() fewer
  bool closed_ = false;
  bool abandoned_ = false;
  std::optional<Error> error_;
};

}  // namespace synfin
