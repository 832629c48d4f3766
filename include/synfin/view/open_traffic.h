/// \file
/// OpenTraffic: state, idle time, bytes and rate of each open connection, from the tracker's
/// snapshots (one per second). For this host's own connections the kernel reports these figures
/// (host_sockets.h). If only control packets are captured, an idle time is an upper bound and bytes
/// are unknown. Tested in tests/unit/view/open_traffic_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "synfin/base/packet_scope.h"
#include "synfin/track/connection.h"
#include "synfin/view/open_connections.h"

namespace synfin {

/// The traffic of one direction of an open connection; unknown figures are empty.
struct Traffic {
  std::optional<std::uint64_t> bytes;  ///< since the start of the connection
  std::optional<std::uint64_t> rate;   ///< bytes per second between the last two snapshots
};

struct OpenConnection {
  FiveTuple tuple;
  Timestamp first{};
  Timestamp last{};  ///< time of the latest packet
  Phase phase = Phase::Established;
  Traffic orig;
  Traffic resp;
  Duration rtt = kNoDuration;  ///< SYN to SYN-ACK

  /// Converts `record`; leaves bytes unknown unless `with_bytes`.
  static OpenConnection of(const ConnectionRecord& record, Phase phase, bool with_bytes);

  Duration idle(Timestamp now) const { return now > last ? now - last : Duration{}; }
};

/// Memory: as large as the snapshots that update() receives. Not thread-safe.
class OpenTraffic {
 public:
  /// `scope`: which packets are captured.
  explicit OpenTraffic(PacketScope scope) : scope_(scope) {}

  /// Replaces the connections by `records`, a snapshot taken at `at`, and computes rates from the
  /// previous snapshot. `phase_of(record)` returns the connection's phase, or nothing to hide it.
  template <typename PhaseOf>
  void update(std::span<const ConnectionRecord> records, Timestamp at, PhaseOf phase_of) {
    before_.swap(now_);
    now_.clear();
    for (const ConnectionRecord& r : records) {
      if (const std::optional<Phase> phase = phase_of(r)) add(r, *phase);
    }
    measure(at);
  }

  /// Sorted by tuple, then by time of the first packet.
  std::span<const OpenConnection> connections() const { return now_; }
  /// True if it is among connections(), with the same originator.
  bool holds(const OpenConnection& connection) const;
  PacketScope scope() const { return scope_; }
  void set_omitted(std::uint64_t connections) { omitted_ = connections; }
  /// Open connections that the last snapshot left out because of its size limit: those that have
  /// been idle longest.
  std::uint64_t omitted() const { return omitted_; }
  Timestamp at() const { return at_; }

 private:
  void add(const ConnectionRecord& record, Phase phase);
  void measure(Timestamp at);

  PacketScope scope_;
  std::uint64_t omitted_ = 0;
  Timestamp at_{};
  std::vector<OpenConnection> now_;
  std::vector<OpenConnection> before_;
};

}  // namespace synfin
