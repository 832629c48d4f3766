/// \file
/// LiveCapture: captures packets on one, several or all interfaces.
///
/// Flow: the kernel's filter → libpcap's ring → copied into a PacketArena → Packet[].
/// Tested in tests/live/.
#pragma once

#include <poll.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/capture/capture_gaps.h"
#include "synfin/capture/live_interface.h"
#include "synfin/capture/packet_source.h"

namespace synfin {

/// Sums over all interfaces since the start; 64-bit counters that do not wrap.
struct LiveCounters {
  std::uint64_t received = 0;  ///< passed the kernel's filter, whether dropped or not
  std::uint64_t captured = 0;  ///< returned by next_batch()
  DropCounters dropped;
};

/// tcpdump's three counts, a line for each, and those of two other losses unless they are zero.
/// `dropped_events`: events that outputs did not get.
std::string to_text(const LiveCounters& counters, std::uint64_t dropped_events);

/// If an interface goes down or disappears, the capture reports it once and continues on the other
/// interfaces. It resumes when the interface is back.
///
/// Memory: libpcap's ring for each interface (--buffer) and one batch of packets. next_batch()
/// waits at most a quarter of a second for packets. Not thread-safe, except for interrupt(),
/// counters(), take_notices() and gap_sentences(). It reads the clock only for gaps.
class LiveCapture final : public PacketSource {
 public:
  /// Opens all of `names`. Fails with a sentence about the first one that cannot be opened and the
  /// remedy.
  static Result<std::unique_ptr<LiveCapture>> open(const std::vector<std::string>& names,
                                                   const LiveOptions& options);
  ~LiveCapture() override;

  /// With LiveOptions::defer_filter: compiles `expression` for all interfaces and installs it.
  /// Later openings of an interface install it as well.
  Status apply_filter(const std::string& expression);

  std::size_t next_batch(std::span<Packet> out) override;
  bool ended() const override { return interruption_.ended.load(std::memory_order_relaxed); }
  const std::string& damage() const override { return no_damage_; }
  const std::vector<InterfaceInfo>& interfaces() const override { return infos_; }
  DropCounters drops() const override { return counters().dropped; }
  Progress progress() const override { return {}; }
  void interrupt() noexcept override;

  LiveCounters counters() const;
  /// Returns the sentences about lost and recovered interfaces since the last call.
  std::vector<std::string> take_notices();
  /// Sentences about the times in which an interface was down or gone.
  std::vector<std::string> gap_sentences() const;

  /// Updates the counters after the last batch.
  void finish();

  /// True if the kernel applies the user's expression on all interfaces. ICMP errors and tunnels
  /// are always left to user space.
  bool kernel_filters() const;
  /// The compiled filter of each interface, one line per instruction.
  std::string filter_text() const;

 private:
  explicit LiveCapture(const LiveOptions& options);

  Status check_is_new(const std::string& name) const;
  bool wait();
  std::size_t read_all(std::span<Packet> out);
  void check_interfaces();
  void begin_gap(LiveInterface& interface);
  void end_gap(LiveInterface& interface);
  void publish_counters();

  LiveOptions options_;
  std::vector<std::unique_ptr<LiveInterface>> captures_;
  /// The state of an interface that notices and gaps have reported.
  struct ReportedState {
    bool up = true;
    unsigned losses = 0;
  };
  std::vector<ReportedState> reported_;
  std::vector<InterfaceInfo> infos_;
  PacketArena arena_;
  std::vector<pollfd> polled_;
  std::string no_damage_;
  struct Interruption {
    int wake = -1;  ///< an eventfd
    std::atomic<bool> requested{false};
    std::atomic<bool> ended{false};
    std::optional<std::chrono::steady_clock::time_point>
        last_look{};  ///< the latest time of a read
  };
  Interruption interruption_;
  std::chrono::steady_clock::time_point next_check_{};
  std::size_t first_read_ = 0;  ///< index of the interface that is read first, which rotates
  std::uint64_t captured_ = 0;

  /// The values that other threads read.
  struct Published {
    mutable std::mutex mutex;  ///< guards the members below; taken a few times per second
    LiveCounters counters;
    std::vector<std::string> notices;
    CaptureGaps gaps;
  };
  Published published_;
};

}  // namespace synfin
