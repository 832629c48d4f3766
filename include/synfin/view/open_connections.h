/// \file
/// OpenConnections: the phase and outcome of each connection before an event, from which views
/// count current connections beside totals.
///
///     Event → ConnectionChange (the event, with the connection's phase and outcome before and
///     after)
///
/// Stores 80 bytes for each connection from its first event to its final record, so that
/// --max-connections bounds it. A phase is the state that the captured packets prove for the
/// originator's end, which can lag behind the state in its kernel (RFC 9293 §3.3.2).
/// Tested in tests/unit/view/open_connections_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "synfin/enrich/annotations.h"
#include "synfin/track/event.h"

namespace synfin {

enum class Phase : std::uint8_t {
  SynSent,
  SynReceived,
  Established,
  FinWait2,   ///< only this end has sent a FIN
  CloseWait,  ///< only the other end has
  TimeWait,
  Closed
};
inline constexpr int kPhases = 7;

/// True until both FINs or an RST have been seen. This defines "open" in every view.
constexpr bool is_alive(Phase phase) { return phase < Phase::TimeWait; }
/// True after the handshake, until both FINs or an RST have been seen.
constexpr bool is_connected(Phase phase) { return phase >= Phase::Established && is_alive(phase); }

/// The phase of the responder's end, if that of the originator's end is `phase`, and vice versa.
constexpr Phase at_other_end(Phase phase) {
  if (phase == Phase::FinWait2) return Phase::CloseWait;
  return phase == Phase::CloseWait ? Phase::FinWait2 : phase;
}

/// "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT2", "CLOSE_WAIT", "TIME_WAIT", "CLOSED".
std::string_view to_string(Phase phase);

class PhaseSet {
 public:
  void add(Phase phase) { bits_ = static_cast<std::uint8_t>(bits_ | bit(phase)); }
  bool has(Phase phase) const { return (bits_ & bit(phase)) != 0; }
  bool any_alive() const { return (bits_ & (bit(Phase::TimeWait) - 1)) != 0; }
  bool operator==(const PhaseSet&) const = default;

 private:
  static unsigned bit(Phase phase) { return 1u << static_cast<unsigned>(phase); }
  std::uint8_t bits_ = 0;
};

/// An event and the change that it makes to its connection.
struct ConnectionChange {
  const Event& event;
  const Annotations& about;
  std::optional<Outcome> before;  ///< empty for the connection's first event
  std::optional<Outcome> after;   ///< empty if the change retracts a connection whose ends flipped
  Phase phase_before = Phase::Closed;
  Phase phase_after = Phase::Closed;
  PhaseSet seen_before{};  ///< all phases that the connection has been in
  PhaseSet seen_after{};

  bool is_new() const { return !before; }
  /// True if the connection is backscatter and was nothing else before the event.
  bool is_backscatter() const {
    return after == Outcome::Backscatter && before.value_or(Outcome::Backscatter) == after;
  }
  bool is_last() const { return event.kind == EventKind::Record; }
  bool opens() const { return !is_alive(phase_before) && is_alive(phase_after); }
  bool ends() const { return is_alive(phase_before) && !is_alive(phase_after); }
  /// True once for each connection, when its bytes are known: at its end, or with its record if it
  /// was never open or is open at the end of the input.
  bool settles() const {
    return ends() || (is_last() && (is_alive(phase_after) || !seen_before.any_alive()));
  }
  const ConnectionRecord& connection() const { return event.connection; }

  /// Replaces the old outcome by the new one in `outcomes`.
  template <typename Tally>
  void count(Tally& outcomes) const {
    if (before) outcomes.remove(*before);
    if (after) outcomes.add(*after);
  }
};

/// Not thread-safe. Allocates memory as the number of connections grows.
class OpenConnections {
 public:
  /// `seed` must be secret, because a sender of packets chooses the hashed keys. Results do not
  /// depend on it.
  explicit OpenConnections(std::uint64_t seed);

  /// Calls `take` with the ConnectionChange that `event` makes. If the connection's ends have
  /// swapped roles, it calls `take` twice: first to retract the connection, then to count it anew.
  /// REQUIRES: events arrive in the tracker's order.
  template <typename Take>
  void apply(const Event& event, const Annotations& about, Take&& take) {
    const Transition transition = replace(event);
    if (transition.outcome && transition.flipped) retract(event, about, transition, take);
    const bool fresh = !transition.outcome || transition.flipped;
    take(ConnectionChange{.event = event,
                          .about = about,
                          .before = fresh ? std::nullopt : transition.outcome,
                          .after = transition.outcome_after,
                          .phase_before = fresh ? Phase::Closed : transition.phase,
                          .phase_after = transition.phase_after,
                          .seen_before = fresh ? PhaseSet{} : transition.seen,
                          .seen_after = transition.seen_after});
  }

  /// Removes the connection of `event`, which is no longer shown, and calls `take` with the
  /// ConnectionChange that reverts its counts. Does nothing if the connection is not stored.
  template <typename Take>
  void withdraw(const Event& event, const Annotations& about, Take&& take) {
    const Transition transition = remove(event);
    if (!transition.outcome) return;
    if (transition.flipped) return retract(event, about, transition, take);
    take(reverting(event, about, transition));
  }

  /// The phase of a stored connection at `tuple.orig`. `first` is the time of its first packet.
  std::optional<Phase> phase_of(const FiveTuple& tuple, Timestamp first) const;

  std::size_t size() const { return size_; }
  std::size_t memory() const { return slots_.size() * sizeof(TrackedConnection); }

 private:
  struct TrackedConnection {
    ConnectionKey key;
    Timestamp first{};  ///< distinguishes successive connections with the same tuple
    Phase phase = Phase::Closed;
    Outcome outcome = Outcome::Pending;
    bool orig_is_low = false;
    bool used = false;
    PhaseSet seen{};

    bool is(const ConnectionKey& k, Timestamp t) const { return used && first == t && key == k; }
  };

  /// Outcome and phases before and after one event.
  struct Transition {
    std::optional<Outcome> outcome;
    Outcome outcome_after = Outcome::Pending;
    Phase phase = Phase::Closed;
    Phase phase_after = Phase::Closed;
    PhaseSet seen{};
    PhaseSet seen_after{};
    bool flipped = false;
  };

  template <typename Take>
  static void retract(const Event& event, const Annotations& about, const Transition& transition,
                      Take&& take) {
    Event wrong = event;
    wrong.connection.tuple = event.connection.tuple.reversed();
    const Annotations swapped{
        .orig = about.resp, .resp = about.orig, .port_name = {}, .process_basis = {}};
    take(reverting(wrong, swapped, transition));
  }
  /// The ConnectionChange that reverts the counts of the connection of `event`.
  static ConnectionChange reverting(const Event& event, const Annotations& about,
                                    const Transition& transition) {
    return {.event = event,
            .about = about,
            .before = transition.outcome,
            .after = std::nullopt,
            .phase_before = transition.phase,
            .phase_after = Phase::Closed,
            .seen_before = transition.seen,
            .seen_after = {}};
  }

  Transition replace(const Event& event);
  Transition remove(const Event& event);
  Transition stored_at(std::size_t at, bool orig_is_low) const;
  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t home_of(const ConnectionKey& key, Timestamp first) const;
  std::size_t place_of(const ConnectionKey& key, Timestamp first) const;
  std::size_t insert(const ConnectionKey& key, Timestamp first);
  void grow();
  void erase(std::size_t at);

  std::uint64_t seed_;
  std::size_t size_ = 0;
  std::vector<TrackedConnection> slots_;
};

}  // namespace synfin
