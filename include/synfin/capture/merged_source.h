/// \file
/// MergedSource: several captures as one, in the order of their packets' times.
///
/// Flow: PacketSource[] → the packet that is due next, of all → Packet[].
/// Tested in tests/unit/capture/merged_source_test.cc.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/capture/merge_lane.h"
#include "synfin/capture/packet_source.h"
#include "synfin/capture/savefile.h"

namespace synfin {

/// Merges by time, ties in the order given. A source's own order is never changed, whatever its
/// clock does.
///
/// A packet is due at its time or at that of the next packet of its source, if that is earlier: one
/// absurd time stamp does not hold up what comes behind it. So the order does not depend on batch
/// or chunk sizes, and a source is always read one packet ahead. A source of which all packets are
/// due before any other's first passes its batches through.
///
/// Packet::source is a packet's place in the order given; interfaces are numbered anew, in the
/// order in which packets name them.
///
/// Memory: a batch of packets for each source that is open; a file is open from when its first
/// packet is due to its end. Not thread-safe, but for interrupt().
class MergedSource final : public PacketSource {
 public:
  /// REQUIRES: lanes is not empty; each source numbers its interfaces from 0.
  MergedSource(std::vector<MergeLane> lanes, std::uint16_t first_interface);

  std::size_t next_batch(std::span<Packet> out) override;
  bool ended() const override { return ended_; }
  /// All damages, joined by "; ".
  const std::string& damage() const override { return damage_; }
  std::vector<std::string> damages() const override;
  const std::vector<InterfaceInfo>& interfaces() const override { return interfaces_; }
  DropCounters drops() const override;
  Progress progress() const override;
  void interrupt() noexcept override;

 private:
  /// When a lane's next packet is due, and its place in the order given, which decides ties.
  struct Due {
    Timestamp time;
    std::size_t order;
    friend auto operator<=>(const Due&, const Due&) = default;
  };

  void release_finished();
  bool fetch_empty();
  bool wake_next();
  std::optional<std::size_t> pass_through(std::span<Packet> out);
  std::size_t merge(std::span<Packet> out);
  std::size_t run(std::size_t index, Due bound, std::span<Packet> out);
  std::size_t first_due() const;
  Due due_beside(std::size_t index) const;
  void number(std::size_t index, std::span<Packet> packets);
  std::uint16_t number_of(MergeLane& lane, std::uint16_t local);
  void collect_damage();

  std::vector<MergeLane> lanes_;   ///< in the order given; never grows, so interrupt() may walk it
  std::vector<std::size_t> open_;  ///< lanes that are neither dormant nor finished
  std::vector<std::size_t> waiting_;  ///< dormant lanes, the one that is due first at the back
  std::size_t last_;                  ///< the lane that gave the packets before
  std::size_t damaged_ = 0;           ///< lanes whose damage is in damage_
  std::vector<InterfaceInfo> interfaces_;
  std::string damage_;
  std::uint16_t first_interface_;
  bool ended_ = false;
  std::atomic<bool> interrupted_{false};
};

/// Several sources as one. REQUIRES: sources is not empty; each numbers its interfaces from 0.
std::unique_ptr<PacketSource> merge_sources(std::vector<std::unique_ptr<PacketSource>> sources,
                                            std::uint16_t first_interface = 0);

/// Opens all of `paths` ("-" is standard input) as one source; a single one is not wrapped.
/// REQUIRES: !paths.empty(). Fails with the sentence of the first that cannot be opened. Each file
/// is looked at, and opened again when its first packet is due, so that a folder of a thousand
/// captures does not keep a thousand files open.
Result<std::unique_ptr<PacketSource>> open_sources(const std::vector<std::string>& paths,
                                                   const SavefileOptions& options = {});

}  // namespace synfin
