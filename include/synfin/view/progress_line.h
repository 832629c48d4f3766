/// \file
/// ProgressLine: how far a long read has come, on stderr, rewritten in place.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "synfin/capture/packet_source.h"

namespace synfin {

/// "1.2 of 4.0 GiB  31 %  820 MiB/s  3.4 s left  4,912,000 packets". Shown only where stderr is a
/// terminal.
class ProgressLine {
 public:
  explicit ProgressLine(bool wanted);
  /// Clears the line.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void update(PacketSource::Progress progress, std::uint64_t packets);

  /// The text alone. REQUIRES: elapsed > 0.
  static std::string text(PacketSource::Progress progress, std::uint64_t packets,
                          std::chrono::duration<double> elapsed);

 private:
  void clear();

  bool active_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace synfin
