/// \file
/// MergeLane: one of the sources that MergedSource merges, with its buffered packets.
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

/// Reads one packet ahead to determine when packets are due (see MergedSource). It copies that
/// packet, because its bytes are valid only until the next read. Not thread-safe.
class MergeLane {
 public:
  /// Opens a source; `open_beside` is the number of sources that are open at that time.
  using Opener = std::function<Result<std::unique_ptr<PacketSource>>(std::size_t open_beside)>;

  /// Makes a lane of an open source, which stays open as long as the lane exists.
  explicit MergeLane(std::unique_ptr<PacketSource> source)
      : source_(std::move(source)), permanent_(true) {}

  /// Makes a lane of a source of `size` bytes. wake() opens it at `first_due`, when its first
  /// packet is due.
  MergeLane(Timestamp first_due, std::uint64_t size, Opener opener)
      : opener_(std::move(opener)),
        first_due_(first_due),
        final_{.damage = {}, .drops = {}, .progress = {0, size}} {}

  /// Makes a finished lane of a source that has ended without a packet.
  static MergeLane ended(const PacketSource& source);

  /// True while the source has not been opened.
  bool dormant() const { return opener_ != nullptr; }
  /// Opens the source. On failure the lane is finished, and damage() reports the reason, unless
  /// that is the limit of open files.
  /// REQUIRES: dormant().
  void wake(std::size_t open_beside);

  /// True if all packets have been taken.
  bool finished() const { return !dormant() && empty() && source_ended_; }
  /// True if wake() could not open the source because of the limit of open files.
  bool hit_limit() const { return final_.hit_limit; }
  /// Closes a finished source that wake() opened. Invalidates the bytes of all packets taken.
  void retire();

  /// True if no packet is buffered.
  bool empty() const { return next_ == buffered_.size(); }

  /// The time at which the next packet is due. REQUIRES: dormant() || !empty().
  Timestamp due() const;
  /// The time at which packets[index] is due. REQUIRES: `packets` is the result of fetch_into().
  Timestamp due_in(std::span<const Packet> packets, std::size_t index) const;

  /// Takes the next packet. REQUIRES: !empty().
  const Packet& take() { return buffered_[next_++]; }

  /// Reads until packets are buffered or finished() is true; false if the source pauses.
  /// Invalidates the bytes of all packets taken. REQUIRES: empty() && !dormant().
  bool fetch();
  /// Reads into `out` instead of the buffer and returns the number of packets; 0 if the source
  /// ended or paused. REQUIRES: out.size() > 1.
  std::size_t fetch_into(std::span<Packet> out);
  /// Buffers the last packets of fetch_into() again. REQUIRES: empty().
  void put_back(std::span<const Packet> packets);

  /// The number that the merged source assigned to this source's interface `local`; empty if none
  /// was assigned yet.
  std::optional<std::uint16_t>& number_of(std::uint16_t local);
  InterfaceInfo interface(std::uint16_t local) const;

  const std::string& damage() const {
    return source_ != nullptr ? source_->damage() : final_.damage;
  }
  DropCounters drops() const { return source_ != nullptr ? source_->drops() : final_.drops; }
  PacketSource::Progress progress() const {
    return source_ != nullptr ? source_->progress() : final_.progress;
  }

  /// Interrupts a permanent source. A source that wake() opened is a file, which never waits.
  void interrupt() noexcept {
    if (permanent_) source_->interrupt();
  }

 private:
  MergeLane() = default;
  void retain(const Packet& packet);

  std::unique_ptr<PacketSource> source_;
  Opener opener_;
  Timestamp first_due_{};
  bool permanent_ = false;
  bool source_ended_ = false;

  std::vector<Packet> buffered_;
  std::size_t next_ = 0;  ///< index into buffered_

  std::optional<Packet> retained_;      ///< read ahead; its bytes are in store_[store_index_]
  std::vector<std::uint8_t> store_[2];  ///< the other one holds the previous packet, if taken
  unsigned store_index_ = 0;

  std::vector<std::optional<std::uint16_t>> numbers_;
  /// The final values of a closed source.
  struct Final {
    std::string damage;
    DropCounters drops;
    PacketSource::Progress progress;
    bool hit_limit = false;
  };
  Final final_;
};

}  // namespace synfin
