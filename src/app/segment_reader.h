/// \file
/// SegmentReader: source → live expression → gate → decode, a batch of segments at a time.
/// Tested in tests/unit/app/segment_reader_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "synfin/base/capture_info.h"
#include "synfin/base/packet.h"
#include "synfin/capture/packet_source.h"
#include "synfin/decode/decoder.h"
#include "synfin/filter/live_expression.h"
#include "synfin/filter/packet_gate.h"
#include "synfin/log/packet_log.h"
#include "synfin/track/connection_table.h"

namespace synfin {

/// The segments of one batch of packets.
struct SegmentBatch {
  static constexpr std::size_t kMaxPackets = 256;

  std::vector<Segment> slots = std::vector<Segment>(kMaxPackets);
  std::vector<SegmentKey> keys = std::vector<SegmentKey>(kMaxPackets);  ///< filled by Pipeline
  std::size_t size = 0;
  std::size_t packets = 0;     ///< read from the source
  Timestamp last_packet{};     ///< time of the last one read. REQUIRES: packets > 0.
  std::uint64_t received = 0;  ///< packets since the start

  std::span<const Segment> segments() const { return std::span(slots).first(size); }
};

/// The filters and the log that packets pass through. All are null or defaults if nothing is
/// filtered or written.
struct SegmentReaderOptions {
  PacketScope scope = PacketScope::All;
  PacketLimits limits = {};
  bool verify_checksums = false;
  BpfFilter* filter = nullptr;           ///< of captures
  LiveExpression* expression = nullptr;  ///< of live traffic
  LinkNeighbors* neighbors = nullptr;    ///< receives MAC addresses
  PacketLog* packet_log = nullptr;       ///< receives the packets that are used
};

/// Used by one thread at a time; its counters may be read when that thread is done.
class SegmentReader {
 public:
  /// `source` and what `options` point to must outlive the reader.
  SegmentReader(const SegmentReaderOptions& options, PacketSource& source);

  /// Replaces `batch` by the segments of the next packets, which may be none. Returns false, with
  /// an empty batch, at the end of the input or once the gate is done.
  bool read(SegmentBatch& batch);

  const PacketGate& gate() const { return gate_; }
  /// The ledger, without the events that rings behind the reader drop.
  Ledger ledger(const TableCounters& table) const;

 private:
  std::span<Packet> filtered(std::span<Packet> packets);
  std::size_t drop_data(std::span<Segment> segments);

  SegmentReaderOptions options_;
  PacketSource& source_;
  PacketGate gate_;
  Decoder decoder_;
  std::uint64_t refused_ = 0;          ///< by the live expression
  std::uint64_t without_control_ = 0;  ///< segments without SYN, FIN and RST, if dropped
  std::array<Packet, SegmentBatch::kMaxPackets> packets_;
};

}  // namespace synfin
