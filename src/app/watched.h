/// \file
/// run_watched(): a pipeline on a thread of its own, and something else to do until it ends.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace synfin {

/// Calls `pipeline.run()` on another thread, and `look()` here: each `every` until that has ended,
/// and once more then.
template <typename Pipeline, typename Look>
void run_watched(Pipeline& pipeline, std::chrono::milliseconds every, Look&& look) {
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;
  std::thread worker([&] {
    pipeline.run();
    const std::lock_guard lock(mutex);
    ended = true;
    changed.notify_all();
  });
  std::unique_lock lock(mutex);
  for (bool last = false; !last;) {
    last = changed.wait_for(lock, every, [&] { return ended; });
    lock.unlock();
    look();
    lock.lock();
  }
  lock.unlock();
  worker.join();
}

}  // namespace synfin
