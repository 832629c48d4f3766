/// \file
/// InputSource: the input of a run, whatever it consists of: packets of captures or interfaces, or
/// records of connection logs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace synfin {

/// Not thread-safe, except for interrupt().
class InputSource {
 public:
  virtual ~InputSource() = default;

  /// One sentence for each damaged input; empty if there was no damage.
  virtual std::vector<std::string> damages() const = 0;

  /// Bytes of input consumed so far and in total, before decompression; total is 0 for a pipe.
  struct Progress {
    std::uint64_t done = 0;
    std::uint64_t total = 0;
  };
  virtual Progress progress() const = 0;

  /// Ends the source early: a call that waits for input returns soon, and the source has then ended
  /// without damage. Safe to call from another thread and from a signal handler.
  virtual void interrupt() noexcept {}
};

}  // namespace synfin
