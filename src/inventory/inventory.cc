// See inventory.h.
#include "synfin/inventory/inventory.h"

#include <fmt/format.h>

#include <algorithm>

#include "inventory/port_evidence.h"
#include "inventory/port_ranges.h"
#include "synfin/base/mix.h"
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
constexpr std::size_t kMaxProcesses = 65'536;
constexpr std::size_t kMaxContacts = 1'000'000;
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

std::string change_id(Timestamp time, const Address& ip, std::uint32_t key, ChangeKind kind,
                      std::uint64_t number) {
  std::uint64_t hash = mix64(static_cast<std::uint64_t>(to_ns(time)) ^ 0x9E3779B97F4A7C15,
                             ip.high() ^ 0xD1B54A32D192ED03);
  hash = mix64(hash ^ ip.low(),
               (std::uint64_t{key} << 8 | static_cast<unsigned>(kind)) ^ 0xA0761D6478BD642F);
  return fmt::format("{:016x}", mix64(hash ^ number, 0xBF58476D1CE4E5B9));
}

/// Without the number of the process, which changes with each start.
std::string_view program_of(std::string_view process) {
  return process.substr(0, process.rfind(", pid "));
}

template <typename Count>
void increase(Count& count, unsigned more = 1) {
  constexpr unsigned kMax = std::numeric_limits<Count>::max();
  count = static_cast<Count>(more > kMax - count ? kMax : count + more);
}

bool disappears(ChangeKind kind) {
  return kind == ChangeKind::Closed || kind == ChangeKind::Silent ||
         kind == ChangeKind::Unreachable || kind == ChangeKind::Gone;
}

}  // namespace

/// What an event proves about a port.
struct Inventory::Proof {
  Timestamp time{};
  Timestamp first{};  ///< of the attempt
  const FiveTuple& tuple;
  PortState state = PortState::Unknown;
  Duration synack_rtt = kNoDuration;
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  unsigned syns = 1;
  std::string_view process;

  std::string evidence() const {
    const std::string client = tuple.orig.address.to_string();
    switch (state) {
      case PortState::Open:
        if (synack_rtt == kNoDuration) return client + " completed a handshake";
        return fmt::format("{} completed a handshake, answered in {}", client,
                           format_human(synack_rtt));
      case PortState::Closed:
        return "an RST refused the SYN of " + client;
      case PortState::Unreachable:
        return fmt::format("an ICMP error (type {}, code {}) answered the SYN of {}", icmp_type,
                           icmp_code, client);
      default:
        return fmt::format(
            "several attempts got no answer, the last by {}, while the host or its network answers "
            "otherwise",
            client);
    }
  }
};

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

/// While learning, contacts are stored but are no changes, because each of them is new.
void Inventory::note_contact(HostEntry& host, PortEntry& port, const Proof& proof) {
  const Address& client = proof.tuple.orig.address;
  if (contacts_.known.size() >= kMaxContacts || !rules_.is_local(client)) return;
  std::uint64_t hash = mix64(client.high() ^ 0x9E3779B97F4A7C15, client.low() ^ 0xD1B54A32D192ED03);
  hash = mix64(hash ^ host.ip.high(), host.ip.low() ^ 0xA0761D6478BD642F);
  hash = mix64(hash ^ port.key, 0xBF58476D1CE4E5B9);
  if (!contacts_.known.insert(hash).second) return;
  contacts_.fresh.push_back({hash, proof.time});
  if (learning_) return;
  const std::string who = client.to_string() + " never reached this service before";
  emit(ChangeKind::FirstContact, host, &port, proof.time, who).client = client;
}

void Inventory::note_process(HostEntry& host, PortEntry& port, const Proof& proof) {
  if (proof.process.empty()) return;
  const std::string before = process(port.process);
  port.process = process_number(proof.process);
  if (before.empty() || program_of(before) == program_of(proof.process)) return;
  emit(ChangeKind::NewProcess, host, &port, proof.time, "before: " + before);
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

/// Emits the NewHost change with the ports that are open by now. A host whose ports have closed
/// meanwhile is announced when one opens again.
void Inventory::announce(HostEntry& host) {
  if (host.open_ports == 0 || host.announced) return;
  Timestamp first = Timestamp::max();
  for (const PortEntry& port : host.ports) {
    if (port.opened) first = std::min(first, port.first_proof);
  }
  host.announced = true;
  table_->touch(host);
  emit(ChangeKind::NewHost, host, nullptr, first, {});
}

void Inventory::resume() {
  for (HostEntry& host : table_->hosts()) {
    if (!host.announced && host.open_ports > 0) announce(host);
  }
}

void Inventory::expire(Timestamp now) {
  for (HostEntry& host : table_->hosts()) {
    if (host.open_ports == 0) continue;
    for (PortEntry& port : host.ports) {
      if (port.state != PortState::Open) continue;
      if (saturating_sub(now, port.last_proof) <= rules_.gone_after) continue;
      stop_waiting(host, port);
      const Timestamp proved = port.last_proof;
      set_state(port, PortState::Gone, now);
      port.last_proof = proved;
      --host.open_ports;
      table_->touch(host, port);
      emit(ChangeKind::Gone, host, &port, now,
           "no handshake was completed since " + format_rfc3339(proved));
    }
  }
}

bool Inventory::expected(const HostEntry& host, const PortEntry& port) const {
  return rules_.expect && rules_.expect->contains(host.ip, port.port());
}

Change& Inventory::emit(ChangeKind kind, HostEntry& host, const PortEntry* port, Timestamp time,
                        std::string evidence) {
  describe(host);
  Change change;
  change.time = time;
  change.kind = kind;
  change.host = summary_of(host);
  bool is_expected = port != nullptr && expected(host, *port);
  if (port != nullptr) {
    change.port = summary_of(host, *port);
  } else {
    is_expected = true;
    for (const PortEntry& open : host.ports) {
      if (open.state != PortState::Open) continue;
      change.ports.push_back(summary_of(host, open));
      is_expected = is_expected && expected(host, open);
    }
    evidence = fmt::format("{} port{} completed a handshake", change.ports.size(),
                           change.ports.size() == 1 ? "" : "s");
  }
  change.evidence = std::move(evidence);
  change.alert = disappears(kind) ? is_expected || !learning_ : !learning_ && !is_expected;
  change.id = change_id(time, host.ip, port != nullptr ? port->key : 0, kind, ++change_number_);
  return changes_.emplace_back(std::move(change));
}

void Inventory::describe(HostEntry& host) {
  if (!host.about) {
    host.about = std::make_unique<HostSummary>();
    host.about->ip = host.ip;
  }
  if (describe_ && host.about->name.empty()) describe_(*host.about);
}

HostSummary Inventory::summary_of(const HostEntry& host) const {
  if (host.about) return *host.about;
  HostSummary summary;
  summary.ip = host.ip;
  return summary;
}

PortSummary Inventory::summary_of(const HostEntry& /*host*/, const PortEntry& port) const {
  return {.port = port.port(),
          .transport = port.transport(),
          .state = port.state,
          .was = port.was,
          .name = {},
          .process = process(port.process),
          .witnesses = port.evidence ? port.evidence->clients() : 0};
}

std::uint32_t Inventory::process_number(std::string_view process) {
  if (process.empty()) return 0;
  const auto known = process_numbers_.find(process);
  if (known != process_numbers_.end()) return known->second;
  if (processes_.size() >= kMaxProcesses) return 0;
  const auto number = static_cast<std::uint32_t>(processes_.size());
  processes_.emplace_back(process);
  process_numbers_.emplace(process, number);
  return number;
}

InventoryCounts Inventory::counts() const {
  InventoryCounts counts;
  counts.hosts = table_->hosts().size();
  counts.hosts_not_stored = table_->refused();
  for (const HostEntry& host : table_->hosts()) {
    counts.open_ports += host.open_ports;
    counts.hosts_with_open_ports += host.open_ports > 0;
  }
  return counts;
}

}  // namespace synfin
