// See inventory.h. How changes are reported, and what the inventory knows beside ports.
#include <fmt/format.h>

#include <algorithm>

#include "inventory/port_evidence.h"
#include "inventory/proof.h"
#include "synfin/base/mix.h"
#include "synfin/inventory/host_table.h"
#include "synfin/inventory/inventory.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxProcesses = 65'536;

constexpr std::size_t kMaxContacts = 1'000'000;

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

bool disappears(ChangeKind kind) {
  return kind == ChangeKind::Closed || kind == ChangeKind::Silent ||
         kind == ChangeKind::Unreachable || kind == ChangeKind::Gone;
}

}  // namespace

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
