/// \file
/// PacketLog: the packets that a run used, written as pcapng files (-w).
/// Tested in tests/unit/log/packet_log_test.cc and tests/live/.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "synfin/base/rotating_output.h"
#include "synfin/capture/packet_source.h"
#include "synfin/capture/pcapng_writer.h"
#include "synfin/decode/decoder.h"
#include "synfin/track/connection_table.h"

namespace synfin {

/// True for a TCP segment without SYN, FIN and RST.
inline bool is_data(const Segment& s) {
  return s.kind == SegmentKind::Tcp && (s.flags & kControlFlags) == 0;
}

/// The description that the section header of a file carries: program, capture filter and scope.
PcapngWriter::About packet_log_section(const std::string& filter, PacketScope scope);

/// Used by the thread that reads the packets; limit_reached() may be called from any thread.
class PacketLog {
 public:
  /// Opens the first file. `source` supplies interfaces and drop counts and must outlive the log.
  static Result<std::unique_ptr<PacketLog>> open(const std::string& path, RotationRules rules,
                                                 PcapngWriter::About about,
                                                 const PacketSource& source);

  void write(const Packet& packet);
  /// Decodes `packets` and writes those that decode to a segment; if `scope` is
  /// PacketScope::Control, it writes only control packets. Returns the number of segments.
  std::size_t decode_and_keep(Decoder& decoder, PacketScope scope, std::span<const Packet> packets,
                              std::span<Segment> segments);
  /// Flushes once a second, and reopens the file if `reopen_requests` (the number of SIGHUPs so
  /// far) has grown. Called after each batch, and while a live source or a pipe pauses.
  void poll(unsigned reopen_requests);
  /// Closes the last file. Fails if any of the output could not be written.
  Status finish();

  /// True once -G has filled as many files as -W allows.
  bool limit_reached() const { return limit_reached_.load(std::memory_order_relaxed); }

 private:
  PacketLog(PcapngWriter::About about, const PacketSource& source)
      : writer_(std::move(about)), source_(source) {}

  void begin(std::string& out) { writer_.begin(out); }
  void end(std::string& out);

  PcapngWriter writer_;
  const PacketSource& source_;
  std::optional<RotatingOutput> output_;
  DropCounters counted_drops_;  ///< recorded in earlier files
  Timestamp last_{};            ///< time of the latest packet
  std::time_t flushed_ = 0;     ///< wall-clock second of the latest flush
  unsigned reopened_ = 0;       ///< SIGHUPs handled
  std::atomic<bool> limit_reached_{false};
};

}  // namespace synfin
