// See thread.h.
#include "synfin/base/thread.h"

#include <mutex>
#include <utility>

#include "synfin/base/diagnostics.h"
#include "synfin/base/exception_text.h"

namespace synfin {
namespace {

std::mutex mutex;
std::function<void(const std::exception_ptr&)> handle;  ///< guarded by `mutex`

void handle_exception(const std::exception_ptr& exception) {
  const std::lock_guard lock(mutex);
  if (handle) return handle(exception);
  log(LogLevel::Error, exception_text(exception));
}

}  // namespace

void set_thread_exception_handler(std::function<void(const std::exception_ptr&)> handler) {
  const std::lock_guard lock(mutex);
  handle = std::move(handler);
}

std::thread start_thread(std::function<void()> body) {
  return std::thread([body = std::move(body)] {
    try {
      body();
    } catch (...) {
      handle_exception(std::current_exception());
    }
  });
}

}  // namespace synfin
