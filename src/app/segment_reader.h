/// \file
/// SegmentReader: source → gate → decode, a batch of segments at a time.
/// Tested in tests/unit/app/segment_reader_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "app/options.h"
#include "app/packet_gate.h"
#include "synfin/base/packet.h"
#include "synfin/capture/packet_source.h"
#include "synfin/decode/decoder.h"
#include "synfin/log/packet_log.h"
#include "synfin/track/connection_table.h"

namespace synfin {

/// What one batch of packets came to.
struct SegmentBatch {
  static constexpr std::size_t kMost = 256;

  std::vector<Segment> room = std::vector<Segment>(kMost);
  std::vector<SegmentKey> keys = std::vector<SegmentKey>(kMost);  ///< of as many; Pipeline's
  std::size_t size = 0;
  std::uint64_t received = 0;  ///< packets by now

  std::span<const Segment> segments() const { return std::span(room).first(size); }
};

/// Used by one thread at a time; what it counts may be read when that thread is done.
class SegmentReader {
 public:
  /// All must outlive the reader; `filter` may be null.
  SegmentReader(const Options& options, PacketScope scope, PacketSource& source, BpfFilter* filter);

  /// Fills `batch` with what comes next, which may be nothing. False at the end of the input, or
  /// once the gate is done.
  bool read(SegmentBatch& batch);

  /// Also writes the packets used to `log`, which may be null. REQUIRES: nothing has been read.
  void write_packets(PacketLog* log) { log_ = log; }

  const PacketGate& gate() const { return gate_; }
  const DecodeCounters& decoded() const { return decoder_.counters(); }
  /// With PacketScope::Control: segments that carried neither SYN nor FIN nor RST.
  std::uint64_t without_control() const { return without_control_; }

 private:
  std::size_t drop_data(std::span<Segment> segments);

  PacketScope scope_;
  PacketSource& source_;
  PacketGate gate_;
  Decoder decoder_;
  PacketLog* log_ = nullptr;
  std::uint64_t without_control_ = 0;
  std::array<Packet, SegmentBatch::kMost> packets_;
};

}  // namespace synfin
