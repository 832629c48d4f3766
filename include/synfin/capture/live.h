/// \file
/// LiveCapture: packets as they pass an interface, or several, or all of them.
///
/// Flow: the kernel's filter → libpcap's ring → copied into a small buffer of our own → Packet[].
/// Tested in tests/live/.
#pragma once

#include <poll.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/capture/live_interface.h"
#include "synfin/capture/packet_source.h"

namespace synfin {

/// What all interfaces have counted together since the start; 64 bits, never wrapping.
struct LiveCounters {
  std::uint64_t received = 0;  ///< passed the kernel's filter, dropped or not
  std::uint64_t captured = 0;  ///< handed out
  DropCounters dropped;
};

/// A time in which an interface saw nothing because it was down or away.
struct CaptureGap {
  std::string interface;
  Timestamp from{};
  Timestamp to{};  ///< Timestamp::max() while it lasts
};

/// An interface that goes down or away is told once and waited for; the others go on.
///
/// Memory: libpcap's ring for each interface (--buffer) and one batch of packets. next_batch()
/// waits for packets a quarter of a second at most. Not thread-safe, but for interrupt(),
/// counters(), take_notices() and gaps(). It reads the clock, for gaps only.
class LiveCapture final : public PacketSource {
 public:
  /// Opens all of `names`. Fails with a sentence about the first that cannot be opened, which says
  /// what would help.
  static Result<std::unique_ptr<LiveCapture>> open(const std::vector<std::string>& names,
                                                   const LiveOptions& options);
  ~LiveCapture() override;

  std::size_t next_batch(std::span<Packet> out) override;
  bool ended() const override { return interrupted_.load(std::memory_order_relaxed); }
  const std::string& damage() const override { return no_damage_; }
  const std::vector<InterfaceInfo>& interfaces() const override { return infos_; }
  DropCounters drops() const override { return counters().dropped; }
  Progress progress() const override { return {}; }
  void interrupt() noexcept override;

  LiveCounters counters() const;
  /// Sentences about interfaces that went and came, each once.
  std::vector<std::string> take_notices();
  std::vector<CaptureGap> gaps() const;

  /// Counts once more, after the last batch.
  void finish();

  /// True when the kernel applies the person's expression on all interfaces (but for ICMP errors
  /// and tunnels, always left to the program).
  bool kernel_filters() const;
  /// The compiled filter of each interface, a line for each instruction.
  std::string filter_text() const;

 private:
  explicit LiveCapture(const LiveOptions& options);

  bool wait();
  std::size_t read_all(std::span<Packet> out);
  void poll();
  void begin_gap(LiveInterface& interface);
  void end_gap(LiveInterface& interface);
  void publish_counters();

  LiveOptions options_;
  std::vector<std::unique_ptr<LiveInterface>> lanes_;
  /// What has been said of each interface.
  struct Told {
    bool up = true;
    unsigned losses = 0;
  };
  std::vector<Told> told_;
  std::vector<InterfaceInfo> infos_;
  PacketArena arena_;
  std::vector<pollfd> polled_;
  std::string no_damage_;
  int wake_ = -1;  ///< an eventfd, for interrupt()
  std::atomic<bool> interrupted_{false};
  std::chrono::steady_clock::time_point next_attention_{};
  std::size_t turn_ = 0;  ///< which interface is read first
  std::uint64_t captured_ = 0;

  mutable std::mutex mutex_;  ///< guards what follows; taken some times a second
  LiveCounters counters_;
  std::vector<std::string> notices_;
  std::vector<CaptureGap> gaps_;
};

}  // namespace synfin
