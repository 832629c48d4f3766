// See open_connections.h.
#include "synfin/view/open_connections.h"

#include <array>

#include "synfin/base/mix.h"
#include "synfin/filter/netstat_state.h"

namespace synfin {
namespace {

constexpr std::size_t kFirstSlots = 1024;

/// True if an RST or both FINs have been seen.
bool has_ended(ConnState state) {
  switch (state) {
    case ConnState::SF:
    case ConnState::REJ:
    case ConnState::RSTO:
    case ConnState::RSTR:
    case ConnState::RSTOS0:
    case ConnState::RSTRH:
      return true;
    default:
      return false;
  }
}

/// The phase after the first FIN.
Phase half_closed(const ConnectionRecord& r) {
  if (is_lone_fin(r)) return Phase::Closed;
  return netstat_state(r, true) == to_string(Phase::CloseWait) ? Phase::CloseWait : Phase::FinWait2;
}

/// The phase after `event`, for a connection that was in `before`.
Phase phase_after(const Event& event, Phase before) {
  switch (event.kind) {
    case EventKind::Syn:
    case EventKind::Retry:
      return Phase::SynSent;
    case EventKind::HalfOpen:
    case EventKind::Open:
    case EventKind::Midstream:
      // A lone SYN-ACK answers an unknown SYN, so that nothing shows a connection.
      if (event.connection.outcome == Outcome::Backscatter) return Phase::Closed;
      return event.kind == EventKind::HalfOpen ? Phase::SynReceived : Phase::Established;
    case EventKind::Fin:
      return half_closed(event.connection);
    case EventKind::Close:
      return Phase::TimeWait;
    case EventKind::Record:
      // A record without an end before it: the input ended while the connection was open.
      return is_alive(before) && !has_ended(event.connection.state) ? before : Phase::Closed;
    default:
      return Phase::Closed;
  }
}

}  // namespace

std::string_view to_string(Phase phase) {
  static constexpr std::array<std::string_view, kPhases> kNames{
      "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT2", "CLOSE_WAIT", "TIME_WAIT", "CLOSED"};
  return kNames[static_cast<std::size_t>(phase)];
}

OpenConnections::OpenConnections(std::uint64_t seed) : seed_(seed | 1), slots_(kFirstSlots) {}

std::size_t OpenConnections::home_of(const ConnectionKey& key, Timestamp first) const {
  const std::uint64_t low = mix64(key.low.address.high() ^ seed_, key.low.address.low() + seed_);
  const std::uint64_t high = mix64(key.high.address.high() ^ low, key.high.address.low() + seed_);
  const std::uint64_t ports = std::uint64_t{key.low.port} << 16 | key.high.port;
  return mix64(high ^ ports, static_cast<std::uint64_t>(to_ns(first)) ^ seed_) & mask();
}

std::size_t OpenConnections::place_of(const ConnectionKey& key, Timestamp first) const {
  std::size_t i = home_of(key, first);
  while (slots_[i].used && !slots_[i].is(key, first)) i = (i + 1) & mask();
  return i;
}

/// What is stored in slot `at`, as the beginning of a transition.
OpenConnections::Transition OpenConnections::stored_at(std::size_t at, bool orig_is_low) const {
  const TrackedConnection& slot = slots_[at];
  Transition transition;
  if (!slot.used) return transition;
  transition.outcome = slot.outcome;
  transition.phase = slot.phase;
  transition.seen = slot.seen;
  transition.flipped = slot.orig_is_low != orig_is_low;
  return transition;
}

OpenConnections::Transition OpenConnections::remove(const Event& event) {
  const FiveTuple& tuple = event.connection.tuple;
  const ConnectionKey key = ConnectionKey::of(tuple);
  const std::size_t at = place_of(key, event.connection.first);
  const Transition transition = stored_at(at, tuple.orig == key.low);
  if (slots_[at].used) erase(at);
  return transition;
}

OpenConnections::Transition OpenConnections::replace(const Event& event) {
  const ConnectionRecord& r = event.connection;
  const ConnectionKey key = ConnectionKey::of(r.tuple);
  const bool orig_is_low = r.tuple.orig == key.low;
  std::size_t at = place_of(key, r.first);
  Transition transition = stored_at(at, orig_is_low);
  transition.outcome_after = outcome_after(event);
  transition.phase_after =
      phase_after(event, transition.flipped ? at_other_end(transition.phase) : transition.phase);
  if (!transition.flipped) transition.seen_after = transition.seen;
  transition.seen_after.add(transition.phase_after);
  if (event.kind == EventKind::Record) {
    if (slots_[at].used) erase(at);
    return transition;
  }
  if (!slots_[at].used) at = insert(key, r.first);
  slots_[at].phase = transition.phase_after;
  slots_[at].outcome = transition.outcome_after;
  slots_[at].orig_is_low = orig_is_low;
  slots_[at].seen = transition.seen_after;
  return transition;
}

std::optional<Phase> OpenConnections::phase_of(const FiveTuple& tuple, Timestamp first) const {
  const ConnectionKey key = ConnectionKey::of(tuple);
  const TrackedConnection& slot = slots_[place_of(key, first)];
  if (!slot.used) return std::nullopt;
  return slot.orig_is_low == (tuple.orig == key.low) ? slot.phase : at_other_end(slot.phase);
}

std::size_t OpenConnections::insert(const ConnectionKey& key, Timestamp first) {
  if (2 * (size_ + 1) > slots_.size()) grow();
  const std::size_t at = place_of(key, first);
  slots_[at] = {.key = key, .first = first, .used = true};
  ++size_;
  return at;
}

void OpenConnections::grow() {
  std::vector<TrackedConnection> old(slots_.size() * 2);
  old.swap(slots_);
  for (const TrackedConnection& slot : old) {
    if (slot.used) slots_[place_of(slot.key, slot.first)] = slot;
  }
}

/// Closes the gap behind the erased slot, so that no probe ends early.
void OpenConnections::erase(std::size_t hole) {
  --size_;
  for (std::size_t i = (hole + 1) & mask(); slots_[i].used; i = (i + 1) & mask()) {
    const std::size_t home = home_of(slots_[i].key, slots_[i].first);
    if (((i - home) & mask()) < ((i - hole) & mask())) continue;
    slots_[hole] = slots_[i];
    hole = i;
  }
  slots_[hole] = {};
}

}  // namespace synfin
