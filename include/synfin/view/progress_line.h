/// \file
/// ProgressLine: the progress of a long read, one line on stderr that is rewritten in place.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "synfin/capture/packet_source.h"

namespace synfin {

/// "1229 of 4096 MiB  30 %  820 MiB/s  3.4 s left  4,912,000 packets". Shown only if stderr is a
/// terminal.
class ProgressLine {
 public:
  explicit ProgressLine(bool wanted);
  /// Clears the line.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void update(PacketSource::Progress progress, std::uint64_t packets);

  /// The text of the line. REQUIRES: elapsed > 0.
  static std::string text(PacketSource::Progress progress, std::uint64_t packets,
                          std::chrono::duration<double> elapsed);

 private:
  void clear();

  bool active_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace synfin
