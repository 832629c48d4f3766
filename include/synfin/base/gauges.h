/// \file
/// Gauges: the current figures of a run, for status lines, the header of the screen and --metrics.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <iterator>

#include "synfin/base/capture_info.h"

namespace synfin {

/// A ledger that one thread stores and any thread loads. A ledger loaded while it is stored may mix
/// the figures of two moments.
class LedgerGauge {
 public:
  void store(const Ledger& ledger) {
    for (std::size_t i = 0; i < figures_.size(); ++i)
      figures_[i].store(ledger.*kLedgerFigures[i].member, std::memory_order_relaxed);
  }
  Ledger load() const {
    Ledger ledger;
    for (std::size_t i = 0; i < figures_.size(); ++i)
      ledger.*kLedgerFigures[i].member = figures_[i].load(std::memory_order_relaxed);
    return ledger;
  }

 private:
  std::array<std::atomic<std::uint64_t>, std::size(kLedgerFigures)> figures_{};
};

/// The state of an output that sends items to another program. Items are records or messages.
struct DeliveryGauges {
  std::atomic<bool> used{false};              ///< the run has this output
  std::atomic<std::uint64_t> queued{0};       ///< items in the queue that `queue_limit` bounds
  std::atomic<std::uint64_t> queue_limit{0};  ///< the most that `queued` can be; 0 = no queue
  std::atomic<std::uint64_t> spool_bytes{0};  ///< on disk, waiting to be sent
  std::atomic<std::uint64_t> spool_limit{0};  ///< bytes; 0 = the output has no spool
  std::atomic<std::uint64_t> delivered{0};    ///< items that the receiver confirmed
  std::atomic<std::uint64_t> failed{0};       ///< attempts that failed, also if repeated later
  std::atomic<std::uint64_t> dropped{0};      ///< items that were lost
};

/// The packet thread stores them, unless a comment says otherwise, and any thread loads them. Each
/// figure is independent, so all accesses are relaxed.
struct Gauges {
  std::atomic<std::uint64_t> packets{0};  ///< received so far
  std::atomic<std::uint64_t> rounds{0};   ///< of the packet thread, also without packets; live only
  std::atomic<std::uint64_t> open{0};     ///< ConnectionTable::open()
  std::atomic<std::uint64_t> dropped{0};  ///< packets, by the kernel and interfaces
  /// Events other than records that were dropped because the ring was full.
  std::atomic<std::uint64_t> dropped_ring{0};
  std::atomic<std::uint64_t> bytes_read{0};   ///< of capture files: PacketSource::progress()
  std::atomic<std::uint64_t> bytes_total{0};  ///< 0 = unknown

  /// The ledger before the connection table: `copies` and `late` are 0 and part of `decoded`. The
  /// reading thread stores it.
  LedgerGauge read;
  std::atomic<std::uint64_t> copies{0};  ///< Ledger::copies
  std::atomic<std::uint64_t> late{0};    ///< Ledger::late
  /// Live: event buffers that were ever handed to the output thread and, stored by that thread,
  /// those that it is done with.
  std::atomic<std::uint64_t> buffers_filled{0};
  std::atomic<std::uint64_t> buffers_done{0};
  std::atomic<std::uint64_t> buffers_limit{0};  ///< all of them; 0 for a capture

  // Stored by the thread of the output, or by the main thread.
  DeliveryGauges store;          ///< records for a database
  DeliveryGauges publish;        ///< records for a message broker
  DeliveryGauges notifications;  ///< messages of all channels

  /// The ledger so far.
  Ledger ledger() const {
    Ledger ledger = read.load();
    ledger.copies = copies.load(std::memory_order_relaxed);
    ledger.late = late.load(std::memory_order_relaxed);
    const std::uint64_t untracked = ledger.copies + ledger.late;
    ledger.decoded -= untracked < ledger.decoded ? untracked : ledger.decoded;
    ledger.dropped_ring = dropped_ring.load(std::memory_order_relaxed);
    return ledger;
  }
};

}  // namespace synfin
