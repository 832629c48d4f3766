/// \file
/// PacketGate: selects the packets of a source that a run uses, by filter, --after, --before,
/// --duration and -c. Tested in tests/unit/filter/packet_gate_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "synfin/base/packet.h"
#include "synfin/base/time.h"
#include "synfin/capture/bpf_filter.h"

namespace synfin {

struct PacketLimits {
  std::uint64_t max_packets = 0;          ///< of those that pass; 0 = no limit
  std::optional<Duration> duration = {};  ///< of capture time, from the first packet read
  std::optional<Timestamp> after = {};    ///< inclusive
  std::optional<Timestamp> before = {};   ///< exclusive

  bool any() const { return max_packets != 0 || duration || after || before; }
};

/// Not thread-safe; used on the packet thread.
class PacketGate {
 public:
  /// `filter` may be null; it must outlive the gate.
  PacketGate(const PacketLimits& limits, BpfFilter* filter) : limits_(limits), filter_(filter) {}

  /// Moves the packets to use to the front of `packets`, in order, and returns how many. Packets
  /// after the last one that -c or --duration allows are not counted as received, because a source
  /// with smaller batches would not have read them.
  std::size_t pass(std::span<Packet> packets);

  /// True once -c or --duration is reached.
  bool done() const { return done_; }

  std::uint64_t received() const { return received_; }
  std::uint64_t filtered() const { return filtered_; }
  bool any() const { return first_ <= last_; }  ///< a packet was passed
  Timestamp first() const { return first_; }    ///< earliest time passed. REQUIRES: any().
  Timestamp last() const { return last_; }      ///< latest time passed. REQUIRES: any().

 private:
  std::size_t pass_one_by_one(std::span<Packet> packets);
  bool exceeds_duration(const Packet& p);
  bool wanted(const Packet& p);
  void note_times(std::span<const Packet> packets);

  PacketLimits limits_;
  BpfFilter* filter_;
  std::uint64_t received_ = 0;
  std::uint64_t filtered_ = 0;
  std::uint64_t used_ = 0;
  bool done_ = false;
  std::optional<Timestamp> begin_;  ///< of the first packet read, for --duration
  Timestamp first_ = Timestamp::max();
  Timestamp last_ = Timestamp::min();
};

}  // namespace synfin
