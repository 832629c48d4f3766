/// \file
/// What an exception means, as a sentence for a person, and the first one of several threads.
/// Tested in tests/unit/base/exception_text_test.cc.
#pragma once

#include <exception>
#include <mutex>
#include <string>
#include <utility>

namespace synfin {

/// The sentence of `exception`: its what(), or for std::bad_alloc the options that need memory.
/// REQUIRES: `exception` is not null.
std::string exception_text(const std::exception_ptr& exception);

/// Keeps the first exception that any of several threads caught. Thread-safe.
class FirstException {
 public:
  void store(std::exception_ptr exception) {
    const std::lock_guard lock(mutex_);
    if (!first_) first_ = std::move(exception);
  }
  /// Null if there was none.
  std::exception_ptr get() const {
    const std::lock_guard lock(mutex_);
    return first_;
  }
  void rethrow() const {
    if (const std::exception_ptr first = get()) std::rethrow_exception(first);
  }

 private:
  mutable std::mutex mutex_;
  std::exception_ptr first_;
};

}  // namespace synfin
