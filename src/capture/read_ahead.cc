#include "capture/read_ahead.h"

#include <signal.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <system_error>
#include <utility>

namespace synfin {

ReadAhead::ReadAhead(std::unique_ptr<ByteStream> from, std::size_t chunk_size)
    : from_(std::move(from)) {
  for (Slot& slot : slots_) slot.bytes.resize(chunk_size);
  start();
}

/// Signals are for the threads that know what to do about them. Where no thread can be had, the
/// reader does the work.
void ReadAhead::start() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    assert(!thread_.joinable());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ReadAhead::~ReadAhead() {
  if (!thread_.joinable()) return;
  from_->interrupt();
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ReadAhead::run() {
  while (Slot* slot = wait_for_free()) {
    const ReadResult got = from_->read(slot->bytes);
    if (got.state == ReadState::Pause) continue;
    const std::lock_guard lock(mutex_);
    slot->size = got.size;
    if (got.state == ReadState::Data) ++full_;
    finished_ = got.state == ReadState::End;
    changed_.notify_all();
    if (finished_) return;
  }
}

/// The slot to fill next; null when nobody wants it any more.
ReadAhead::Slot* ReadAhead::wait_for_free() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return abandoned_ || full_ < kSlots; });
  return abandoned_ ? nullptr : &slots_[(first_ + full_) % kSlots];
}

/// The oldest full slot; null when none will come.
ReadAhead::Slot* ReadAhead::wait_for_full() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return finished_ || full_ > 0; });
  return full_ > 0 ? &slots_[first_] : nullptr;
}

ReadResult ReadAhead::read(std::span<std::uint8_t> into) {
  if (!thread_.joinable()) return from_->read(into);
  const Slot* slot = wait_for_full();
  if (slot == nullptr) return {};
  const std::size_t size = std::min(into.size(), slot->size - taken_);
  std::memcpy(into.data(), slot->bytes.data() + taken_, size);
  taken_ += size;
  if (taken_ == slot->size) {
    taken_ = 0;
    const std::lock_guard lock(mutex_);
    first_ = (first_ + 1) % kSlots;
    --full_;
    changed_.notify_all();
  }
  return {size, ReadState::Data};
}

}  // namespace synfin
