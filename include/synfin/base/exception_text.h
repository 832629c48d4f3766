/// \file
/// Exceptions as sentences for a person, and the first exception of several threads. Tested in
/// tests/unit/base/exception_text_test.cc.
#pragma once

#include <exception>
#include <mutex>
#include <string>
#include <utility>

namespace synfin {

/// A sentence about `exception`: its what(), or for std::bad_alloc one that names the options that
/// need memory. REQUIRES: `exception` is not null.
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
