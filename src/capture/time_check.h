/// \file
/// TimeCheck: finds packet times that are decades away from those of their neighbours.
///
/// Damaged files and faulty drivers yield such times, mostly near 1970 or beyond 2038. Each of them
/// would stretch a report over decades. Tested in tests/unit/capture/time_check_test.cc.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "synfin/base/packet.h"

namespace synfin {

/// Replaces an absurd time by that of the packet before it. A step of less than kMaxStep in either
/// direction is not absurd. If kMinPersistent packets in a row agree on a new plausible time, it is
/// accepted, because the clock was set. If the time before was implausible, a plausible one is
/// accepted at once. All times are clamped to the years from 1910 to 2199, so that differences fit
/// into 64 bits.
///
/// The result does not depend on how packets are split into batches. Not thread-safe.
class TimeCheck {
 public:
  static constexpr Duration kMaxStep = std::chrono::hours{24 * 365 * 15};
  static constexpr int kMinPersistent = 16;
  /// 1990-01-01, before the first pcap file, and 2100-01-01.
  static constexpr Timestamp kFirstPlausible = timestamp_from_ns(631'152'000'000'000'000);
  static constexpr Timestamp kLastPlausible = timestamp_from_ns(4'102'444'800'000'000'000);

  /// True if `time` belongs to the first packet and is so implausible that it needs comparison with
  /// the next packet's time.
  bool needs_next(Timestamp time) const { return !last_ && !is_plausible(time); }
  /// Corrects the first packet by the second one. REQUIRES: needs_next(first.time).
  void correct_first(Packet& first, Timestamp second);

  /// Checks and corrects the times of the next packets.
  void correct(std::span<Packet> packets) {
    if (packets.empty()) return;
    if (last_ && is_plausible(*last_) && are_close(packets, *last_)) [[likely]] {
      last_ = packets.back().time;
      agreeing_ = 0;
      return;
    }
    for (Packet& packet : packets) correct(packet);
  }

  /// A clause about the first absurd time; empty if there was none.
  const std::string& damage() const { return damage_; }

 private:
  static bool is_plausible(Timestamp time) {
    return time >= kFirstPlausible && time <= kLastPlausible;
  }
  /// Unsigned arithmetic, because the difference of two extreme times overflows.
  static bool is_near(Timestamp a, Timestamp b) {
    constexpr auto kStep = static_cast<std::uint64_t>(kMaxStep.count());
    const auto difference =
        static_cast<std::uint64_t>(to_ns(a)) - static_cast<std::uint64_t>(to_ns(b));
    return difference + kStep <= 2 * kStep;
  }
  /// True if all times are so close to `last` that none is absurd. One test for the whole batch.
  static bool are_close(std::span<const Packet> packets, Timestamp last) {
    constexpr int kBits = 57;  // 2^57 ns are 4.6 years
    static_assert(2 * (std::int64_t{1} << kBits) < kMaxStep.count());
    const std::uint64_t offset =
        (std::uint64_t{1} << kBits) - static_cast<std::uint64_t>(to_ns(last));
    std::uint64_t differences = 0;
    for (const Packet& packet : packets)
      differences |= static_cast<std::uint64_t>(to_ns(packet.time)) + offset;
    return differences >> (kBits + 1) == 0;
  }
  void correct(Packet& packet);
  Timestamp judge(Timestamp time);
  void record_damage(Timestamp time);

  std::optional<Timestamp> last_;  ///< the last accepted time
  Timestamp candidate_{};          ///< the last absurd time
  int agreeing_ = 0;               ///< absurd times in a row that agree
  std::string damage_;
};

}  // namespace synfin
