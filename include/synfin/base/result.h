/// \file
/// Result<T>: what set-up work gives back, a value or one sentence that a person can act on.
///
/// For set-up only. On the packet path a bad input is data: an enum and a counter.
/// Tested in tests/unit/base/result_test.cc.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace synfin {

/// Who has to mend it; main.cc turns this into the exit code.
enum class ErrorKind : unsigned char {
  Work,   ///< the work could not be done, or the input was damaged: exit 1
  Usage,  ///< the command line was wrong: exit 2
};

/// One sentence that names what, where and why, without a full stop and without a newline.
struct Error {
  std::string message;
  ErrorKind kind = ErrorKind::Work;
};

/// A value or an Error, never neither.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// REQUIRES: ok().
  T& value() {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// REQUIRES: !ok().
  const Error& error() const {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

/// Success that carries nothing.
struct Ok {};
using Status = Result<Ok>;

}  // namespace synfin
