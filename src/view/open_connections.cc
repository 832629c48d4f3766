// See open_connections.h.
#include "synfin/view/open_connections.h"

#include <array>

#include "synfin/base/mix.h"

namespace synfin {
namespace {

constexpr std::size_t kFirstSlots = 1024;

/// An RST or both FINs are known of.
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

/// The phase after `event`, for a connection that was in `before`.
Phase phase_after(const Event& event, Phase before) {
  switch (event.kind) {
    case EventKind::Syn:
    case EventKind::Retry:
      return Phase::SynSent;
    case EventKind::HalfOpen:
      return Phase::SynReceived;
    case EventKind::Open:
    case EventKind::Midstream:
      return Phase::Established;
    case EventKind::Fin:
      return Phase::Closing;
    case EventKind::Close:
      return Phase::TimeWait;
    case EventKind::Record:
      // Without an end before it: the input ended first, and this is how things stood.
      return is_alive(before) && !has_ended(event.connection.state) ? before : Phase::Closed;
    default:
      return Phase::Closed;
  }
}

/// A SYN is no failure before it has had its time.
Outcome outcome_after(const Event& event) {
  const bool asking = event.kind == EventKind::Syn || event.kind == EventKind::Retry;
  return asking ? Outcome::Pending : event.connection.outcome;
}

}  // namespace

std::string_view to_string(Phase phase) {
  static constexpr std::array<std::string_view, kPhases> kNames{
      "SYN_SENT", "SYN_RECV", "ESTABLISHED", "CLOSING", "TIME_WAIT", "CLOSED"};
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

OpenConnections::Known OpenConnections::known_at(std::size_t at, bool orig_is_low) const {
  const Slot& slot = slots_[at];
  Known known;
  if (!slot.used) return known;
  known.outcome = slot.outcome;
  known.phase = slot.phase;
  known.seen = slot.seen;
  known.flipped = slot.orig_is_low != orig_is_low;
  return known;
}

OpenConnections::Known OpenConnections::remove(const Event& event) {
  const FiveTuple& tuple = event.connection.tuple;
  const ConnectionKey key = ConnectionKey::of(tuple);
  const std::size_t at = place_of(key, event.connection.first);
  const Known known = known_at(at, tuple.orig == key.low);
  if (slots_[at].used) erase(at);
  return known;
}

OpenConnections::Known OpenConnections::replace(const Event& event) {
  const ConnectionRecord& r = event.connection;
  const ConnectionKey key = ConnectionKey::of(r.tuple);
  const bool orig_is_low = r.tuple.orig == key.low;
  std::size_t at = place_of(key, r.first);
  Known known = known_at(at, orig_is_low);
  known.outcome_after = outcome_after(event);
  known.phase_after = phase_after(event, known.phase);
  if (!known.flipped) known.seen_after = known.seen;
  known.seen_after.add(known.phase_after);
  if (event.kind == EventKind::Record) {
    if (slots_[at].used) erase(at);
    return known;
  }
  if (!slots_[at].used) at = insert(key, r.first);
  slots_[at].phase = known.phase_after;
  slots_[at].outcome = known.outcome_after;
  slots_[at].orig_is_low = orig_is_low;
  slots_[at].seen = known.seen_after;
  return known;
}

std::optional<Phase> OpenConnections::phase_of(const FiveTuple& tuple, Timestamp first) const {
  const Slot& slot = slots_[place_of(ConnectionKey::of(tuple), first)];
  if (!slot.used) return std::nullopt;
  return slot.phase;
}

std::size_t OpenConnections::insert(const ConnectionKey& key, Timestamp first) {
  if (2 * (size_ + 1) > slots_.size()) grow();
  const std::size_t at = place_of(key, first);
  slots_[at] = {.key = key, .first = first, .used = true};
  ++size_;
  return at;
}

void OpenConnections::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
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
