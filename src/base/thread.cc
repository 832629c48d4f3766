// See thread.h.
#include "synfin/base/thread.h"

#include <atomic>
#include <mutex>
#include <utility>

#include "synfin/base/diagnostics.h"
#include "synfin/base/exception_text.h"

namespace synfin {
namespace {

std::mutex mutex;
std::function<void(const std::exception_ptr&)> handle;  ///< guarded by `mutex`
std::atomic<void (*)(ThreadRole)> enter_role{nullptr};

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

void set_thread_role_handler(void (*handler)(ThreadRole)) { enter_role = handler; }

void enter_thread_role(ThreadRole role) {
  if (void (*const enter)(ThreadRole) = enter_role.load(); enter != nullptr) enter(role);
}

std::thread start_thread(ThreadRole role, std::function<void()> body) {
  return std::thread([role, body = std::move(body)] {
    try {
      enter_thread_role(role);
      body();
    } catch (...) {
      handle_exception(std::current_exception());
    }
  });
}

}  // namespace synfin
