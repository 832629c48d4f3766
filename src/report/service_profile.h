/// \file
/// ServiceProfile: how fast a service answers, and how its established connections end.
///
/// The times of handshakes are kept as a sample over time: up to kMaxSamples of them, of which each
/// represents `stride` handshakes. When the sample is full, every other one is dropped and the
/// stride doubles, so the sample stays even. Tested in tests/unit/report/handshakes_test.cc.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "synfin/report/diagnosis.h"
#include "synfin/report/summary_data.h"
#include "synfin/track/event.h"

namespace synfin {

struct HandshakeSample {
  Timestamp at{};
  Duration rtt{};
};

class HandshakeSeries {
 public:
  static constexpr std::size_t kMaxSamples = 256;

  void add(Timestamp at, Duration rtt) {
    if (skip_ != 0) {
      --skip_;
      return;
    }
    skip_ = stride_ - 1;
    if (samples_.empty()) samples_.reserve(kFirstSamples);
    if (samples_.size() == kMaxSamples) thin_out();
    samples_.push_back({at, rtt});
  }
  const std::vector<HandshakeSample>& samples() const { return samples_; }
  std::uint32_t stride() const { return stride_; }
  std::size_t memory() const { return samples_.capacity() * sizeof(HandshakeSample); }

 private:
  static constexpr std::size_t kFirstSamples = 8;

  void thin_out();

  std::vector<HandshakeSample> samples_;
  std::uint32_t stride_ = 1;
  std::uint32_t skip_ = 0;
};

struct ServiceProfile {
  std::array<std::array<std::uint32_t, 2>, 2> closed{};  ///< by RST; by the responder
  std::uint32_t open = 0;
  std::uint32_t connections = 0;
  std::uint32_t syn_retries = 0;
  std::uint32_t retransmitting = 0;
  HandshakeSeries series;

  void add(const ConnectionRecord& r) {
    syn_retries += r.syn_retries;
    if (r.synack_rtt >= Duration{}) series.add(r.first, r.synack_rtt);
    if (!is_established(counted_outcome(r))) return;
    ++connections;
    retransmitting += r.retransmitted;
    if (r.closed_by == Side::None) {
      ++open;
    } else {
      ++closed[r.rst_basis != RstBasis::None][r.closed_by == Side::Resp];
    }
  }
};

/// The profiles of services, by number. Number 0 is no profile. Services that come when all are
/// taken have none.
class ServiceProfiles {
 public:
  explicit ServiceProfiles(std::size_t max) : max_(std::min<std::size_t>(max, 0xFFFF)) {}

  /// Returns the number of an empty profile, or 0 if there is none.
  std::uint16_t allocate();
  void release(std::uint16_t number);
  /// REQUIRES: number != 0.
  ServiceProfile& operator[](std::uint16_t number) { return profiles_[number - 1u]; }
  const ServiceProfile& operator[](std::uint16_t number) const { return profiles_[number - 1u]; }
  /// False once a service found no profile.
  bool complete() const { return complete_; }
  std::size_t memory() const;

 private:
  std::size_t max_;
  std::vector<ServiceProfile> profiles_;
  std::vector<std::uint16_t> free_;
  bool complete_ = true;
};

}  // namespace synfin
