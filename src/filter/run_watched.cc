// See run_watched.h.
#include "synfin/filter/run_watched.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "synfin/base/exception_text.h"
#include "synfin/base/thread.h"

namespace synfin {

void run_watched(EventProducer& producer, InputSource& source, std::chrono::milliseconds interval,
                 const std::function<void()>& poll) {
  FirstException exception;
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;
  std::thread worker([&] {
    try {
      enter_thread_role(ThreadRole::Packets);
      producer.run();
    } catch (...) {
      exception.store(std::current_exception());
    }
    const std::lock_guard lock(mutex);
    ended = true;
    changed.notify_all();
  });
  try {
    for (bool last = false; !last;) {
      {
        std::unique_lock lock(mutex);
        last = changed.wait_for(lock, interval, [&] { return ended; });
      }
      poll();
    }
  } catch (...) {
    exception.store(std::current_exception());
    source.interrupt();
  }
  worker.join();
  exception.rethrow();
}

}  // namespace synfin
