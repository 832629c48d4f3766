/// \file
/// MergedSource: merges several captures in the order of their packets' times.
///
/// Flow: PacketSource[] → the packet that is due next → Packet[].
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

/// Merges by time; packets of equal times are in the order of their sources. The packets of one
/// source keep their order, even if its clock steps back.
///
/// A packet is due at its own time or at that of the next packet of its source, whichever is
/// earlier, so that one absurd time stamp does not delay all later packets. Each source is read one
/// packet ahead, which makes the order independent of batch and chunk sizes. If the packets of one
/// source are due before those of all others, its batches are passed on without copying.
///
/// Packet::source is the source's index in the given order. Interfaces are renumbered in the order
/// of their first packets.
///
/// Memory: a batch of packets for each open source. A file is open from the time when its first
/// packet is due until its end. Not thread-safe, except for interrupt().
class MergedSource final : public PacketSource {
 public:
  /// REQUIRES: lanes is not empty; each source numbers its interfaces from 0.
  MergedSource(std::vector<MergeLane> lanes, std::uint16_t first_interface);

  std::size_t next_batch(std::span<Packet> out) override;
  bool ended() const override { return ended_; }
  /// The damages of all sources, joined by "; ".
  const std::string& damage() const override { return damage_; }
  std::vector<std::string> damages() const override;
  const std::vector<InterfaceInfo>& interfaces() const override { return interfaces_; }
  DropCounters drops() const override;
  Progress progress() const override;
  void interrupt() noexcept override;

 private:
  /// The time at which a lane's next packet is due, and the lane's index, which decides ties.
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
  std::size_t take_due(std::size_t index, Due bound, std::span<Packet> out);
  void order_by_due();
  void push_due(std::size_t index);
  std::size_t pop_due();
  Due first_due_except(std::size_t index) const;
  void renumber(std::size_t index, std::span<Packet> packets);
  std::uint16_t number_of(MergeLane& lane, std::uint16_t local);
  void collect_damage();

  /// In the given order. The vector never grows, so interrupt() may iterate over it.
  std::vector<MergeLane> lanes_;
  std::vector<std::size_t> open_;     ///< lanes that are neither dormant nor finished
  std::vector<std::size_t> waiting_;  ///< dormant lanes; the one that is due first is at the back
  std::vector<Due> by_due_;           ///< during merge(): a heap, the first to be due at the front
  std::size_t last_;                  ///< the lane of the previous packets
  std::size_t damaged_ = 0;           ///< the number of lanes whose damage is in damage_
  std::vector<InterfaceInfo> interfaces_;
  std::string damage_;
  std::uint16_t first_interface_;
  bool ended_ = false;
  std::atomic<bool> interrupted_{false};
};

/// Merges open sources. REQUIRES: sources is not empty; each numbers its interfaces from 0.
std::unique_ptr<PacketSource> merge_sources(std::vector<std::unique_ptr<PacketSource>> sources,
                                            std::uint16_t first_interface = 0);

/// Opens all of `paths` ("-" is standard input) as one source. REQUIRES: !paths.empty(). Fails with
/// the sentence of the first path that cannot be opened. A file is read up to its first packet,
/// closed, and opened again when that packet is due, so that a folder of a thousand captures does
/// not keep a thousand files open.
Result<std::unique_ptr<PacketSource>> open_sources(const std::vector<std::string>& paths,
                                                   const SavefileOptions& options = {});

/// The scope that the captures themselves state, without --packets: Control if all of them hold
/// only control packets. `source` reads `paths`.
PacketScope stated_scope(const std::vector<std::string>& paths, const PacketSource& source);

}  // namespace synfin
