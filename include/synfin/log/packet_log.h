/// \file
/// PacketLog: -w, the packets that a run used, as pcapng files; is_data(), which of them control
/// packets are not.
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

/// Neither begins nor ends a connection.
inline bool is_data(const Segment& s) {
  return s.kind == SegmentKind::Tcp && (s.flags & kControlFlags) == 0;
}

/// What is written of a run by `filter` over interfaces of `scope`.
PcapngWriter::About about_packets(const std::string& filter, PacketScope scope);

/// Used by one thread at a time, which reads the packets; any may call limit_reached().
class PacketLog {
 public:
  /// `source` is asked for its interfaces and drops, and must outlive the log.
  static Result<std::unique_ptr<PacketLog>> open(const std::string& path, RotationRules rules,
                                                 PcapngWriter::About about,
                                                 const PacketSource& source);

  void write(const Packet& packet);
  /// Decodes `packets` one by one and writes those that came to a segment; with
  /// PacketScope::Control only those that begin or end a connection. How many segments they came
  /// to.
  std::size_t decode_and_keep(Decoder& decoder, PacketScope scope, std::span<const Packet> packets,
                              std::span<Segment> segments);
  /// After each batch: writes out what has waited for a second, and begins the file again where
  /// SIGHUP asked for it.
  void poll(unsigned reopen_requests);
  /// Ends the last file. Fails with what went wrong.
  Status finish();

  /// True once -G has filled as many files as -W allows.
  bool limit_reached() const { return limit_reached_.load(std::memory_order_relaxed); }
  /// Lets a user own the file, before the first packet.
  void give_to(unsigned uid, unsigned gid) { output_->give_to(uid, gid); }

 private:
  PacketLog(PcapngWriter::About about, const PacketSource& source)
      : writer_(std::move(about)), source_(source) {}

  void begin(std::string& out) { writer_.begin(out); }
  void end(std::string& out);

  PcapngWriter writer_;
  const PacketSource& source_;
  std::optional<RotatingOutput> output_;
  DropCounters told_drops_;  ///< in the files before
  Timestamp last_{};
  std::time_t flushed_ = 0;
  unsigned reopened_ = 0;
  std::atomic<bool> limit_reached_{false};
};

}  // namespace synfin
