// See inventory.h.
#include "synfin/inventory/inventory.h"

#include <algorithm>
#include <array>

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

/// Hosts of which a run sees only lone SYN-ACKs, which may be forged.
constexpr std::uint32_t kMaxProvisionalHosts = 1000;

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

bool is_lone_synack(const ConnectionRecord& r) {
  return r.outcome == Outcome::Backscatter && r.history.view().find('h') != std::string_view::npos;
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

EventMask Inventory::wanted() {
  EventMask mask = EventMask::only(EventKind::Record);
  for (const EventKind kind : {EventKind::Open, EventKind::Refused, EventKind::Unreachable})
    mask = mask | EventMask::only(kind);
  return mask;
}

/// The state that an event proves; Unknown: none.
PortState Inventory::proves(const Event& event) {
  const ConnectionRecord& r = event.connection;
  switch (event.kind) {
    case EventKind::Open:
      return has_handshake(r) ? PortState::Open : PortState::Unknown;
    case EventKind::Refused:
      // The table reports no refusal if the RST does not acknowledge the SYN.
      return r.direction_basis == DirectionBasis::Syn ? PortState::Closed : PortState::Unknown;
    case EventKind::Unreachable:
      return PortState::Unreachable;
    case EventKind::Record:
      if (r.evicted || r.probe != Probe::None) return PortState::Unknown;
      if (r.outcome == Outcome::Unanswered) return PortState::Silent;
      return is_lone_synack(r) ? PortState::Provisional : PortState::Unknown;
    default:
      return PortState::Unknown;
  }
}

void Inventory::observe(const Event& event, std::string_view process) {
  const PortState state = proves(event);
  if (state == PortState::Unknown) return;
  const ConnectionRecord& r = event.connection;
  if (rules_.watch && !rules_.watch->contains(r.tuple.resp.address, r.tuple.resp.port)) return;
  Proof proof{
      .time = event.time, .first = r.first, .tuple = r.tuple, .state = state, .process = process};
  if (state == PortState::Silent) {
    proof.time = r.last;
    proof.syns = r.syn_retries + 1u;
    return note_unanswered(proof);
  }
  if (state == PortState::Provisional) return note_lone_synack(proof);
  if (state == PortState::Open) proof.synack_rtt = r.synack_rtt;
  if (state == PortState::Unreachable) {
    proof.icmp_type = r.icmp_type;
    proof.icmp_code = r.icmp_code;
  }
  advance(event.time);
  apply(proof);
}

void Inventory::observe(std::span<const Event> events) {
  constexpr std::size_t kGroup = 32;
  std::array<const Event*, kGroup> group;
  while (!events.empty()) {
    std::size_t size = 0;
    std::size_t read = 0;
    for (; read < events.size() && size < kGroup; ++read) {
      if (proves(events[read]) != PortState::Unknown) group[size++] = &events[read];
    }
    events = events.subspan(read);
    for (int step = 0; step < HostTable::kPrefetchSteps; ++step) {
      for (std::size_t i = 0; i < size; ++i) {
        const FiveTuple& tuple = group[i]->connection.tuple;
        table_->prefetch(tuple.resp.address, key_of(tuple), step);
      }
    }
    for (std::size_t i = 0; i < size; ++i) observe(*group[i]);
  }
}

void Inventory::note_answer(HostEntry& host, Timestamp time) {
  constexpr Duration kOften = std::chrono::seconds{1};
  if (saturating_sub(time, host.last_seen) >= kOften) {
    if (Timestamp* const network = table_->network_of(host)) *network = time;
  }
  host.last_seen = std::max(host.last_seen, time);
}

/// True if the host or its network has answered at or after `time`, a second more or less.
bool Inventory::answers_since(HostEntry& host, Timestamp time) {
  if (host.last_seen >= time) return true;
  const Timestamp* const network = table_->network_of(host);
  return network != nullptr && *network >= time;
}

void Inventory::apply(const Proof& proof) {
  const Address& ip = proof.tuple.resp.address;
  const std::uint32_t key = key_of(proof.tuple);
  auto [host, port] = table_->find(ip, key);
  if (host == nullptr) {
    // An ICMP error comes from another host, so it does not prove that this one exists.
    if (proof.state == PortState::Unreachable) return;
    host = table_->add(ip);
    if (host == nullptr) return;
    host->first_seen = proof.time;
    recall_mac(*host);
  } else if (host->ports.empty() && !host->closed) {  // its device has moved to another address
    host->first_seen = proof.time;
  }
  if (proof.state != PortState::Unreachable) note_answer(*host, proof.time);
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
    ++host->idle_ports;
    if (refused_before) {
      port->state = PortState::Closed;
      port->first_proof = port->last_change = proof.time;
      host->closed->erase(proof.tuple.resp.port);
    }
  }
  table_->touch(*host);
  prove(*host, *port, proof);
  if (rules_.is_local && proof.state == PortState::Open) note_contact(*host, *port, proof);
}

/// A SYN that got no answer, at least 3 s after it was sent.
void Inventory::note_unanswered(const Proof& proof) {
  auto [host, port] = table_->find(proof.tuple.resp.address, key_of(proof.tuple));
  if (host == nullptr || !answers_since(*host, proof.first)) return;
  if (port == nullptr) {
    if (host->idle_ports >= kMaxIdlePorts) return;
    port = &host->add(key_of(proof.tuple));
    ++host->idle_ports;
  }
  table_->touch(*host);
  increase(port->attempts);
  // It is reported late. If the port has answered meanwhile, it proves nothing.
  if (port->state != PortState::Silent && port->last_proof > proof.first) return;
  increase(port->unanswered);
  increase(port->silent_syns, proof.syns);
  if (port->unanswered < kSilentAttempts || port->silent_syns < kSilentSyns) return;
  --port->attempts;  // prove() counts it
  prove(*host, *port, proof);
}

/// A SYN-ACK whose SYN nobody saw shows that a port may be open. Anybody can forge it, so it adds
/// few hosts and changes no port.
void Inventory::note_lone_synack(const Proof& proof) {
  const std::uint32_t key = key_of(proof.tuple);
  auto [host, port] = table_->find(proof.tuple.resp.address, key);
  if (port != nullptr) return;
  if (host == nullptr) {
    if (provisional_hosts_ >= kMaxProvisionalHosts) return;
    host = table_->add(proof.tuple.resp.address);
    if (host == nullptr) return;
    ++provisional_hosts_;
    host->first_seen = host->last_seen = proof.time;
  }
  if (host->idle_ports >= kMaxIdlePorts) return;
  port = &host->add(key);
  port->state = PortState::Provisional;
  port->first_proof = port->last_proof = port->last_change = proof.time;
  ++host->idle_ports;
  table_->touch(*host);
}

void Inventory::prove(HostEntry& host, PortEntry& port, const Proof& proof) {
  const bool open = proof.state == PortState::Open;
  if (!port.is_proven()) port.first_proof = proof.time;
  increase(port.attempts);
  if (open) {
    increase(port.successes);
    port.evidence.add_client(proof.tuple.orig.address);
    if (proof.synack_rtt != kNoDuration) port.evidence.add_answer(proof.synack_rtt);
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
    announce_later(host, proof.time);
  } else if (host.announced) {
    emit(ChangeKind::NewPort, host, &port, proof.time, proof.cause());
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
  const Waiting waiting{.state = proof.state, .proved = proof.time, .cause = proof.cause()};
  if (proof.state == PortState::Open) note_process(host, port, proof);
  if (needed == Duration{0}) return settle(host, port, waiting);
  port.waits_until = saturating_add(std::max(proof.time, now_), needed);
  waiting_.emplace(WaitingKey{port.waits_until, {host.id, port.key}}, waiting);
}

void Inventory::stop_waiting(HostEntry& host, PortEntry& port) {
  if (std::exchange(port.waits_for, PortState::Unknown) == PortState::Unknown) return;
  waiting_.erase({port.waits_until, {host.id, port.key}});
}

void Inventory::announce_later(const HostEntry& host, Timestamp proved) {
  waiting_.emplace(WaitingKey{saturating_add(proved, kGather), {host.id, 0}},
                   Waiting{.proved = proved, .cause = {}});
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
  table_->touch(host);
  if (!host.announced) {
    if (opens && host.open_ports == 1) announce_later(host, waiting.proved);
    return;
  }
  const ChangeKind kind = opens                                ? ChangeKind::Reopened
                          : waiting.state == PortState::Closed ? ChangeKind::Closed
                          : waiting.state == PortState::Silent ? ChangeKind::Silent
                                                               : ChangeKind::Unreachable;
  emit(kind, host, &port, waiting.proved, waiting.cause);
}

}  // namespace synfin
