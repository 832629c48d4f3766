/// \file
/// Result<T>: the result of setup that can fail: a value, or one sentence that a person can act on.
///
/// The packet path does not use it: a bad packet is data there, an enum and a counter.
/// Tested in tests/unit/base/result_test.cc.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace synfin {

/// The cause of a failure; main.cc turns it into the exit status.
enum class ErrorKind : unsigned char {
  Work,             ///< the work could not be done, or the input was damaged: exit 1
  Usage,            ///< the command line was wrong: exit 2
  DescriptorLimit,  ///< the process has as many open files as it may have: exit 1
  ReaderGone,       ///< the reader of an output has closed its pipe: exit 1
};

/// One sentence that names what failed, where and why, without a full stop or newline.
struct Error {
  std::string message;
  ErrorKind kind = ErrorKind::Work;
};

/// An error of the command line.
inline Error usage_error(std::string message) { return {std::move(message), ErrorKind::Usage}; }

/// Either a value or an Error.
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

/// Success without a value.
struct Ok {};
using Status = Result<Ok>;

}  // namespace synfin
