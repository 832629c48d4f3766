/// \file
/// MergeLane: one of the sources that MergedSource merges, and the packets of it that are in hand.
/// Tested, with MergedSource, in tests/unit/capture/merged_source_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/capture/packet_source.h"

namespace synfin {

/// Reads one packet ahead, so that it knows when its packets are due (see MergedSource); that one
/// is copied, for its bytes would die with the next read. Not thread-safe.
class MergeLane {
 public:
  /// Opens a source, knowing how many others are open beside it.
  using Opener = std::function<Result<std::unique_ptr<PacketSource>>(std::size_t open_beside)>;

  /// A source that is open, and stays so until the lane dies.
  explicit MergeLane(std::unique_ptr<PacketSource> source)
      : source_(std::move(source)), permanent_(true) {}

  /// A source of `size` bytes to be opened by wake(), once its first packet is due at `first_due`.
  MergeLane(Timestamp first_due, std::uint64_t size, Opener opener)
      : opener_(std::move(opener)), first_due_(first_due), progress_{0, size} {}

  /// True while the source waits to be opened.
  bool dormant() const { return opener_ != nullptr; }
  /// Opens it. A failure finishes the lane and is its damage. REQUIRES: dormant().
  void wake(std::size_t open_beside);

  /// True when all packets have been taken.
  bool finished() const { return !dormant() && empty() && source_ended_; }
  /// Lets go of a finished source that was opened by wake(). Ends the life of all bytes taken.
  void retire();

  /// No packet is in hand.
  bool empty() const { return next_ == in_hand_.size(); }

  /// When the next packet is due. REQUIRES: dormant() || !empty().
  Timestamp due() const;
  /// When packets[index] is due, where `packets` is all that fetch_into() gave.
  Timestamp due_in(std::span<const Packet> packets, std::size_t index) const;

  /// Takes the next packet. REQUIRES: !empty().
  const Packet& take() { return in_hand_[next_++]; }

  /// Reads on, so that packets are in hand or finished() is true; false on a pause of the source.
  /// Ends the life of all bytes taken. REQUIRES: empty() && !dormant().
  bool fetch();
  /// The same into `out`, leaving none in hand; 0 when the source ended or paused. REQUIRES:
  /// out.size() > 1.
  std::size_t fetch_into(std::span<Packet> out);
  /// Takes the last packets of fetch_into() in hand. REQUIRES: empty().
  void put_back(std::span<const Packet> packets);

  /// The number that the merged source gave to the interface `local` of this one; empty while it
  /// has none.
  std::optional<std::uint16_t>& number_of(std::uint16_t local);
  InterfaceInfo interface(std::uint16_t local) const;

  const std::string& damage() const { return source_ != nullptr ? source_->damage() : damage_; }
  DropCounters drops() const { return source_ != nullptr ? source_->drops() : drops_; }
  PacketSource::Progress progress() const {
    return source_ != nullptr ? source_->progress() : progress_;
  }

  /// Passed on to a source that is permanent; one that wake() opened is a file, which never waits.
  void interrupt() noexcept {
    if (permanent_) source_->interrupt();
  }

 private:
  void hold_back(const Packet& packet);

  std::unique_ptr<PacketSource> source_;
  Opener opener_;
  Timestamp first_due_{};
  bool permanent_ = false;
  bool source_ended_ = false;

  std::vector<Packet> in_hand_;
  std::size_t next_ = 0;  ///< of in_hand_

  std::optional<Packet> held_;  ///< the one read ahead; its bytes are in store_[store_index_]
  std::vector<std::uint8_t> store_[2];  ///< the other has the one before, which may have been taken
  unsigned store_index_ = 0;

  std::vector<std::optional<std::uint16_t>> numbers_;
  std::string damage_;  ///< these three: of a source that is closed
  DropCounters drops_;
  PacketSource::Progress progress_;
};

}  // namespace synfin
