// See inventory.h.
#include "synfin/inventory/inventory.h"

#include <fmt/format.h>

#include <algorithm>

#include "inventory/port_evidence.h"
#include "inventory/port_ranges.h"
#include "inventory/proof.h"
#include "synfin/inventory/host_table.h"

namespace synfin {
namespace {

/// A change away from an open port counts if nothing contradicts it for this long; the time doubles
/// with each further change of the port.
constexpr Duration kSettle = std::chrono::seconds{5};

constexpr Duration kMaxSettle = std::chrono::hours{1};

/// A port that has not changed for this long is stable.
constexpr Duration kStable = std::chrono::hours{1};

/// The ports that a new host shows in this time belong to its announcement.
constexpr Duration kGather = std::chrono::seconds{5};

/// A port is silent after so many attempts and SYNs without an answer.
constexpr unsigned kSilentAttempts = 2;

constexpr unsigned kSilentSyns = 3;

/// Ports of a host that never were open and are stored with all details.
constexpr std::uint32_t kMaxIdlePorts = 32;

constexpr std::size_t kMaxNetworks = 65'536;

/// A clock that steps back further than packets are ever out of order.
constexpr Duration kStepBack = std::chrono::minutes{1};

std::uint32_t key_of(const FiveTuple& tuple) {
  return std::uint32_t{tuple.resp.port} << 8 | protocol_number(tuple.transport);
}

/// True if a SYN-ACK fitted its SYN, or if the originator acknowledged it. With all packets, the
/// table reports an open connection only after its handshake.
bool has_handshake(const ConnectionRecord& r) {
  const std::string_view letters = r.history.view();
  const bool synack = letters.find('h') != letters.npos;
  return synack && letters.find_first_of("SA") != letters.npos;
}

/// The /24 or /64 of an address.
Address network_of(const Address& ip) {
  if (ip.is_v4()) return Address::from_v4(ip.v4() & 0xFFFFFF00u);
  return Address::from_halves(ip.high(), 0);
}

Duration settling(unsigned flips) {
  return std::min<Duration>(kSettle * (std::int64_t{1} << std::min(flips, 12u)), kMaxSettle);
}

template <typename Count>
void increase(Count& count, unsigned more = 1) {
  constexpr unsigned kMax = std::numeric_limits<Count>::max();
  count = static_cast<Count>(more > kMax - count ? kMax : count + more);
}

}  // namespace

Inventory::Inventory(InventoryRules rules, Describe describe)
    : rules_(std::move(rules)),
      describe_(std::move(describe)),
      table_(std::make_unique<HostTable>(rules_.max_hosts)) {}
Inventory::~Inventory() = default;

EventMask Inventory::wanted() {
  EventMask mask = EventMask::only(EventKind::Record);
  for (const EventKind kind : {EventKind::Open, EventKind::Refused, EventKind::Unreachable})
    mask = mask | EventMask::only(kind);
  return mask;
}

void Inventory::observe(const Event& event, std::string_view process) {
  const ConnectionRecord& r = event.connection;
  if (event.kind == EventKind::Record && r.outcome != Outcome::Unanswered) return;
  Proof proof{.time = event.time, .first = r.first, .tuple = r.tuple, .process = process};
  switch (event.kind) {
    case EventKind::Open:
      if (!has_handshake(r)) return;
      proof.state = PortState::Open;
      proof.synack_rtt = r.synack_rtt;
      break;
    case EventKind::Refused:
      // The table reports no refusal if the RST does not acknowledge the SYN.
      if (r.direction_basis != DirectionBasis::Syn) return;
      proof.state = PortState::Closed;
      break;
    case EventKind::Unreachable:
      proof.state = PortState::Unreachable;
      proof.icmp_type = r.icmp_type;
      proof.icmp_code = r.icmp_code;
      break;
    case EventKind::Record:
      if (r.evicted || r.probe != Probe::None) return;
      proof.state = PortState::Silent;
      proof.time = r.last;
      proof.syns = r.syn_retries + 1u;
      break;
    default:
      return;
  }
  if (rules_.watch && !rules_.watch->contains(r.tuple.resp.address, r.tuple.resp.port)) return;
  if (proof.state != PortState::Silent) advance(event.time);
  proof.state == PortState::Silent ? note_unanswered(proof) : apply(proof);
}

void Inventory::note_answer(HostEntry& host, Timestamp time) {
  constexpr Duration kOften = std::chrono::seconds{1};
  if (saturating_sub(time, host.last_seen) >= kOften) {
    const Address network = network_of(host.ip);
    if (networks_.size() < kMaxNetworks || networks_.contains(network)) networks_[network] = time;
  }
  host.last_seen = std::max(host.last_seen, time);
}

/// True if the host or its network has answered at or after `time`, a second more or less.
bool Inventory::answers_since(const HostEntry& host, Timestamp time) const {
  if (host.last_seen >= time) return true;
  const auto network = networks_.find(network_of(host.ip));
  return network != networks_.end() && network->second >= time;
}

void Inventory::apply(const Proof& proof) {
  const Address& ip = proof.tuple.resp.address;
  const std::uint32_t key = key_of(proof.tuple);
  HostEntry* host = table_->find(ip);
  if (host == nullptr) {
    // An ICMP error comes from another host, so it does not prove that this one exists.
    if (proof.state == PortState::Unreachable) return;
    host = table_->add(ip);
    if (host == nullptr) return;
    host->first_seen = proof.time;
  }
  if (proof.state != PortState::Unreachable) note_answer(*host, proof.time);
  PortEntry* port = host->find(key);
  if (port == nullptr) {
    const bool refused_before = host->closed && host->closed->contains(proof.tuple.resp.port);
    if (proof.state != PortState::Open && host->idle_ports >= kMaxIdlePorts) {
      if (proof.state != PortState::Closed || refused_before) return;
      if (!host->closed) host->closed = std::make_unique<PortRanges>();
      host->closed->insert(proof.tuple.resp.port);
      table_->touch(*host);
      return;
    }
    port = &host->add(key);
    port->first_proof = proof.time;
    ++host->idle_ports;
    if (refused_before) {
      port->state = PortState::Closed;
      host->closed->erase(proof.tuple.resp.port);
    }
  }
  table_->touch(*host, *port);
  prove(*host, *port, proof);
  if (rules_.is_local && proof.state == PortState::Open) note_contact(*host, *port, proof);
}

/// A SYN that got no answer, at least 3 s after it was sent.
void Inventory::note_unanswered(const Proof& proof) {
  HostEntry* const host = table_->find(proof.tuple.resp.address);
  if (host == nullptr || !answers_since(*host, proof.first)) return;
  PortEntry* port = host->find(key_of(proof.tuple));
  if (port == nullptr) {
    if (host->idle_ports >= kMaxIdlePorts) return;
    port = &host->add(key_of(proof.tuple));
    port->first_proof = proof.time;
    ++host->idle_ports;
  }
  table_->touch(*host, *port);
  increase(port->attempts);
  // It is reported late. If the port has answered meanwhile, it proves nothing.
  if (port->state != PortState::Silent && port->last_proof > proof.first) return;
  increase(port->unanswered);
  increase(port->silent_syns, proof.syns);
  if (port->unanswered < kSilentAttempts || port->silent_syns < kSilentSyns) return;
  --port->attempts;  // prove() counts it
  prove(*host, *port, proof);
}

void Inventory::prove(HostEntry& host, PortEntry& port, const Proof& proof) {
  const bool open = proof.state == PortState::Open;
  increase(port.attempts);
  if (open) {
    increase(port.successes);
    port.proven_by().add_client(proof.tuple.orig.address);
    if (proof.synack_rtt != kNoDuration) port.proven_by().add_answer(proof.synack_rtt);
  }
  if (proof.state != PortState::Silent) port.unanswered = port.silent_syns = 0;
  if (proof.state == PortState::Unreachable) port.icmp = proof.icmp_code;
  if (port.state == proof.state) {
    port.last_proof = std::max(port.last_proof, proof.time);
    stop_waiting(host, port);
    if (open) note_process(host, port, proof);
    return;
  }
  if (open && !port.opened) return open_first(host, port, proof);
  if (open || port.state == PortState::Open) return wait(host, port, proof);
  set_state(port, proof.state, proof.time);
}

void Inventory::set_state(PortEntry& port, PortState state, Timestamp time) {
  if (port.opened) {
    if (saturating_sub(time, port.last_change) > kStable) port.flips = 0;
    if (state == PortState::Open || port.state == PortState::Open) increase(port.flips);
  }
  port.was = port.state;
  port.state = state;
  port.last_change = time;
  port.last_proof = std::max(port.last_proof, time);
}

/// The port was never open before.
void Inventory::open_first(HostEntry& host, PortEntry& port, const Proof& proof) {
  set_state(port, PortState::Open, proof.time);
  port.opened = true;
  --host.idle_ports;
  port.process = process_number(proof.process);
  if (host.open_ports++ == 0 && !host.announced) {
    waiting_.emplace(WaitingKey{saturating_add(proof.time, kGather), {host.id, 0}},
                     Waiting{.proved = proof.time, .evidence = {}});
  } else if (host.announced) {
    emit(ChangeKind::NewPort, host, &port, proof.time, proof.evidence());
  }
}

/// Applies the change once nothing has contradicted it for a while.
void Inventory::wait(HostEntry& host, PortEntry& port, const Proof& proof) {
  if (port.waits_for == proof.state) return;
  stop_waiting(host, port);
  const bool stable = saturating_sub(proof.time, port.last_change) > kStable;
  const unsigned flips = stable ? 0 : port.flips;
  Duration needed = settling(flips);
  if (proof.state == PortState::Open) needed = flips <= 1 ? Duration{0} : settling(flips - 1);
  port.waits_for = proof.state;
  port.waits_until = saturating_add(std::max(proof.time, now_), needed);
  Waiting waiting{.state = proof.state, .proved = proof.time, .evidence = proof.evidence()};
  if (proof.state == PortState::Open) note_process(host, port, proof);
  if (needed == Duration{0}) return settle(host, port, waiting);
  waiting_.emplace(WaitingKey{port.waits_until, {host.id, port.key}}, std::move(waiting));
}

void Inventory::stop_waiting(HostEntry& host, PortEntry& port) {
  if (std::exchange(port.waits_for, PortState::Unknown) == PortState::Unknown) return;
  waiting_.erase({port.waits_until, {host.id, port.key}});
}

void Inventory::advance(Timestamp now) {
  if (now < now_) {
    if (saturating_sub(now_, now) < kStepBack) return;
    settle_all();
  }
  now_ = now;
  while (!waiting_.empty() && waiting_.begin()->first.first <= now) settle_first();
}

void Inventory::settle_all() {
  while (!waiting_.empty()) settle_first();
}

void Inventory::settle_first() {
  const auto node = waiting_.extract(waiting_.begin());
  HostEntry& host = table_->at(node.key().second.first);
  const std::uint32_t key = node.key().second.second;
  if (key == 0) return announce(host);
  settle(host, *host.find(key), node.mapped());
}

void Inventory::settle(HostEntry& host, PortEntry& port, const Waiting& waiting) {
  port.waits_for = PortState::Unknown;
  const bool opens = waiting.state == PortState::Open;
  set_state(port, waiting.state, waiting.proved);
  opens ? ++host.open_ports : --host.open_ports;
  table_->touch(host, port);
  if (!host.announced) {
    if (opens && host.open_ports == 1) {
      waiting_.emplace(WaitingKey{saturating_add(waiting.proved, kGather), {host.id, 0}},
                       Waiting{.proved = waiting.proved, .evidence = {}});
    }
    return;
  }
  const ChangeKind kind = opens                                ? ChangeKind::Reopened
                          : waiting.state == PortState::Closed ? ChangeKind::Closed
                          : waiting.state == PortState::Silent ? ChangeKind::Silent
                                                               : ChangeKind::Unreachable;
  emit(kind, host, &port, waiting.proved, waiting.evidence);
}

}  // namespace synfin
