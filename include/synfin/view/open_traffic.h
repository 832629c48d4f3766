/// \file
/// OpenTraffic: what is known of each connection that is open now: its state, how long it has been
/// idle, what it has carried so far and how fast.
///
/// Of this host's own connections the kernel tells (host_sockets.h); of all others the tracker does
/// (a snapshot once a second). With control packets only, a connection that lives shows nothing, so
/// its idle time is an upper bound and its bytes are unknown. Tested in
/// tests/unit/view/open_traffic_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "synfin/track/connection.h"
#include "synfin/view/open_connections.h"

namespace synfin {

/// What one direction of an open connection has carried, as far as somebody knows.
struct Traffic {
  std::optional<std::uint64_t> bytes;  ///< so far
  std::optional<std::uint64_t> rate;   ///< per second, of late
};

struct OpenConnection {
  FiveTuple tuple;
  Timestamp first{};
  Timestamp last{};  ///< of its latest packet seen
  Phase phase = Phase::Established;
  Traffic orig;
  Traffic resp;
  Duration rtt = kNoDuration;  ///< of its handshake

  /// What `record` tells of a connection in `phase`.
  static OpenConnection of(const ConnectionRecord& record, Phase phase, bool with_bytes);

  Duration idle(Timestamp now) const { return now > last ? now - last : Duration{}; }
};

/// Bounded by the snapshots that it is given. Not thread-safe.
class OpenTraffic {
 public:
  /// `control`: only control packets are seen.
  explicit OpenTraffic(bool control) : control_(control) {}

  /// Replaces all by `records` as they were at `at`. `phase_of(record)` gives the connection's
  /// phase, or none where it is not to be shown. Rates follow from the time before.
  template <typename PhaseOf>
  void update(std::span<const ConnectionRecord> records, Timestamp at, PhaseOf phase_of) {
    before_.swap(now_);
    now_.clear();
    for (const ConnectionRecord& r : records) {
      if (const std::optional<Phase> phase = phase_of(r)) add(r, *phase);
    }
    measure(at);
  }

  /// In the order of their ends' addresses and ports.
  std::span<const OpenConnection> connections() const { return now_; }
  bool control() const { return control_; }
  /// Says how many connections were open beyond those of the last update().
  void set_omitted(std::uint64_t connections) { omitted_ = connections; }
  /// Open, but past the bound of a snapshot: those that have been silent longest.
  std::uint64_t omitted() const { return omitted_; }
  Timestamp at() const { return at_; }

 private:
  void add(const ConnectionRecord& record, Phase phase);
  void measure(Timestamp at);

  bool control_;
  std::uint64_t omitted_ = 0;
  Timestamp at_{};
  std::vector<OpenConnection> now_;
  std::vector<OpenConnection> before_;
};

}  // namespace synfin
