/// \file
/// OpenConnections: what each connection was before an event, so that views can count what is now
/// beside what has been.
///
///     Event → Change (the event, with the connection's phase and outcome before and after)
///
/// Holds a connection from its first event to its final record, 80 bytes each; there are never more
/// than the tracker's --max-connections. Phases are what packets prove; only the kernel of an end
/// knows more (RFC 9293 §3.3.2). Tested in tests/unit/view/open_connections_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "synfin/enrich/annotations.h"
#include "synfin/track/event.h"

namespace synfin {

enum class Phase : std::uint8_t { SynSent, SynReceived, Established, Closing, TimeWait, Closed };
inline constexpr int kPhases = 6;

/// Neither over nor waiting to be forgotten.
constexpr bool is_alive(Phase phase) { return phase < Phase::TimeWait; }

/// "SYN_SENT", "SYN_RECV", "ESTABLISHED", "CLOSING", "TIME_WAIT", "CLOSED".
std::string_view to_string(Phase phase);

/// A set of phases.
class Phases {
 public:
  void add(Phase phase) { bits_ = static_cast<std::uint8_t>(bits_ | bit(phase)); }
  bool has(Phase phase) const { return (bits_ & bit(phase)) != 0; }
  bool operator==(const Phases&) const = default;

 private:
  static unsigned bit(Phase phase) { return 1u << static_cast<unsigned>(phase); }
  std::uint8_t bits_ = 0;
};

/// An event, and what changed by it.
struct Change {
  const Event& event;
  const Annotations& about;
  std::optional<Outcome> before;  ///< none: this is the connection's first event
  std::optional<Outcome> after;   ///< none: it had been told with its ends the wrong way round
  Phase phase_before = Phase::Closed;
  Phase phase_after = Phase::Closed;
  Phases seen_before{};  ///< the phases that the connection was seen in
  Phases seen_after{};

  bool is_new() const { return !before; }
  bool is_last() const { return event.kind == EventKind::Record; }
  bool opens() const { return !is_alive(phase_before) && is_alive(phase_after); }
  bool ends() const { return is_alive(phase_before) && !is_alive(phase_after); }
  const ConnectionRecord& connection() const { return event.connection; }

  /// Moves a tally on from what it counted before.
  template <typename Tally>
  void count(Tally& outcomes) const {
    if (before) outcomes.remove(*before);
    if (after) outcomes.add(*after);
  }
};

/// Not thread-safe. Allocates as connections come.
class OpenConnections {
 public:
  /// `seed` of the hash: whoever sends packets chooses the keys. Results do not depend on it.
  explicit OpenConnections(std::uint64_t seed);

  /// Gives `take` the Change that `event` makes; two where the connection's ends change roles: one
  /// that takes back what was said, and a new one.
  /// REQUIRES: events come in the tracker's order.
  template <typename Take>
  void apply(const Event& event, const Annotations& about, Take&& take) {
    const Known known = replace(event);
    if (known.outcome && known.flipped) take_back(event, about, known, take);
    const bool fresh = !known.outcome || known.flipped;
    take(Change{.event = event,
                .about = about,
                .before = fresh ? std::nullopt : known.outcome,
                .after = known.outcome_after,
                .phase_before = fresh ? Phase::Closed : known.phase,
                .phase_after = known.phase_after,
                .seen_before = fresh ? Phases{} : known.seen,
                .seen_after = known.seen_after});
  }

  /// Forgets the connection of `event`, which is no longer to be shown, and gives `take` the Change
  /// that takes back what was counted; nothing if it is not held.
  template <typename Take>
  void withdraw(const Event& event, const Annotations& about, Take&& take) {
    const Known known = remove(event);
    if (!known.outcome) return;
    if (known.flipped) return take_back(event, about, known, take);
    take(Change{.event = event,
                .about = about,
                .before = known.outcome,
                .after = std::nullopt,
                .phase_before = known.phase,
                .phase_after = Phase::Closed,
                .seen_before = known.seen,
                .seen_after = {}});
  }

  /// The phase of a connection that is held. `first` is the time of its first packet.
  std::optional<Phase> phase_of(const FiveTuple& tuple, Timestamp first) const;

  std::size_t size() const { return size_; }
  std::size_t memory() const { return slots_.size() * sizeof(Slot); }

 private:
  struct Slot {
    ConnectionKey key;
    Timestamp first{};  ///< tells connections apart that use one tuple in turn
    Phase phase = Phase::Closed;
    Outcome outcome = Outcome::Pending;
    bool orig_is_low = false;
    bool used = false;
    Phases seen{};

    bool is(const ConnectionKey& k, Timestamp t) const { return used && first == t && key == k; }
  };

  /// What a connection was, and is now.
  struct Known {
    std::optional<Outcome> outcome;
    Outcome outcome_after = Outcome::Pending;
    Phase phase = Phase::Closed;
    Phase phase_after = Phase::Closed;
    Phases seen{};
    Phases seen_after{};
    bool flipped = false;
  };

  template <typename Take>
  static void take_back(const Event& event, const Annotations& about, const Known& known,
                        Take&& take) {
    Event wrong = event;
    wrong.connection.tuple = event.connection.tuple.reversed();
    take(Change{
        .event = wrong,
        .about = {.orig = about.resp, .resp = about.orig, .port_name = {}, .process_basis = {}},
        .before = known.outcome,
        .after = std::nullopt,
        .phase_before = known.phase,
        .phase_after = Phase::Closed,
        .seen_before = known.seen,
        .seen_after = {}});
  }

  Known replace(const Event& event);
  Known remove(const Event& event);
  Known known_at(std::size_t at, bool orig_is_low) const;
  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t home_of(const ConnectionKey& key, Timestamp first) const;
  std::size_t place_of(const ConnectionKey& key, Timestamp first) const;
  std::size_t insert(const ConnectionKey& key, Timestamp first);
  void grow();
  void erase(std::size_t at);

  std::uint64_t seed_;
  std::size_t size_ = 0;
  std::vector<Slot> slots_;
};

}  // namespace synfin
