// See inventory.h. How changes are reported, and what the inventory knows beside ports.
#include <fmt/format.h>

#include <algorithm>

#include "inventory/port_ranges.h"
#include "inventory/proof.h"
#include "synfin/base/mix.h"
#include "synfin/inventory/host_table.h"
#include "synfin/inventory/inventory.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxProcesses = 65'536;

constexpr std::size_t kMaxContacts = 1'000'000;

std::uint64_t change_id(Timestamp time, const Address& ip, std::uint32_t key, ChangeKind kind,
                        std::uint64_t number) {
  std::uint64_t hash = mix64(static_cast<std::uint64_t>(to_ns(time)) ^ 0x9E3779B97F4A7C15,
                             ip.high() ^ 0xD1B54A32D192ED03);
  hash = mix64(hash ^ ip.low(),
               (std::uint64_t{key} << 8 | static_cast<unsigned>(kind)) ^ 0xA0761D6478BD642F);
  return mix64(hash ^ number, 0xBF58476D1CE4E5B9);
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
  if (!rules_.is_local(client)) return;
  std::uint64_t hash = mix64(client.high() ^ 0x9E3779B97F4A7C15, client.low() ^ 0xD1B54A32D192ED03);
  hash = mix64(hash ^ host.ip.high(), host.ip.low() ^ 0xA0761D6478BD642F);
  hash = mix64(hash ^ port.key, 0xBF58476D1CE4E5B9);
  if (contacts_.known.size() >= kMaxContacts) {
    contacts_.refused += !contacts_.known.contains(hash);
    return;
  }
  if (!contacts_.known.insert(hash).second) return;
  contacts_.fresh.push_back({hash, proof.time});
  if (learning_) return;
  emit(ChangeKind::FirstContact, host, &port, proof.time,
       {.kind = ChangeCauseKind::NeverReached, .client = client});
}

void Inventory::note_process(HostEntry& host, PortEntry& port, const Proof& proof) {
  if (proof.process.empty()) return;
  const std::uint32_t before = port.process;
  port.process = process_number(proof.process);
  if (before == 0 || program_of(process(before)) == program_of(proof.process)) return;
  emit(ChangeKind::NewProcess, host, &port, proof.time,
       {.kind = ChangeCauseKind::OtherProcess, .process = before});
}

/// Emits the NewHost change with the ports that are open by now. A host whose ports have closed
/// meanwhile is announced when one opens again.
void Inventory::announce(HostEntry& host) {
  if (host.open_ports == 0 || host.announced) return;
  if (HostEntry* const former = former_host(host)) return move_device(*former, host);
  Timestamp first = Timestamp::max();
  for (const PortEntry& port : host.ports) {
    if (port.opened) first = std::min(first, port.first_proof);
  }
  host.announced = true;
  table_->touch(host);
  emit(ChangeKind::NewHost, host, nullptr, first, {.kind = ChangeCauseKind::FirstPorts});
}

void Inventory::resume() {
  for (HostEntry& host : table_->hosts()) {
    if (!host.announced && host.open_ports > 0) announce(host);
  }
}

void Inventory::expire(Timestamp now) {
  for (HostEntry& host : table_->hosts()) {
    if (host.more_open && saturating_sub(now, host.last_seen) > rules_.gone_after) {
      host.more_open.reset();
      table_->touch(host);
    }
    if (host.open_ports == 0) continue;
    for (PortEntry& port : host.ports) {
      if (port.state != PortState::Open) continue;
      if (saturating_sub(now, port.last_proof) <= rules_.gone_after) continue;
      stop_waiting(host, port);
      const Timestamp proved = port.last_proof;
      set_state(port, PortState::Gone, now);
      port.last_proof = proved;
      --host.open_ports;
      table_->touch(host);
      emit(ChangeKind::Gone, host, &port, now,
           {.kind = ChangeCauseKind::NotProven, .ns = to_ns(proved)});
    }
  }
}

bool Inventory::expected(const HostEntry& host, const PortEntry& port) const {
  return rules_.expect && rules_.expect->contains(host.ip, port.port());
}

void Inventory::emit(ChangeKind kind, HostEntry& host, const PortEntry* port, Timestamp time,
                     const ChangeCause& cause) {
  const auto note_of = [](const PortEntry& entry) {
    return PortNote{.key = entry.key,
                    .witnesses = entry.evidence.clients(),
                    .process = entry.process,
                    .state = entry.state,
                    .was = entry.was};
  };
  describe(host);
  ChangeNote note{
      .time = time, .cause = cause, .host = host.id, .kind = kind, .port = {}, .ports = {}};
  bool is_expected = port != nullptr && expected(host, *port);
  if (port != nullptr) {
    note.port = note_of(*port);
  } else {
    is_expected = true;
    note.ports.reserve(std::min<std::size_t>(host.open_ports, kMaxListedPorts));
    for (const PortEntry& open : host.ports) {
      if (open.state != PortState::Open) continue;
      if (note.ports.size() < kMaxListedPorts) note.ports.push_back(note_of(open));
      is_expected = is_expected && expected(host, open);
    }
    const std::size_t all = host.open_ports + host.open_without_entry();
    note.more_ports = static_cast<std::uint32_t>(all - note.ports.size());
  }
  note.alert = disappears(kind) ? is_expected || !learning_ : !learning_ && !is_expected;
  note.id = change_id(time, host.ip, note.port.key, kind, ++change_number_);
  notes_.push_back(std::move(note));
}

std::vector<Change> Inventory::take_changes() {
  std::vector<Change> changes;
  for (const ChangeNote& note : take_notes()) changes.push_back(expand(note));
  return changes;
}

PortSummary Inventory::expand(const PortNote& note) const {
  return {.port = static_cast<std::uint16_t>(note.key >> 8),
          .transport = note.key == 0 ? Transport::Tcp : static_cast<Transport>(note.key & 0xFF),
          .state = note.state,
          .was = note.was,
          .name = {},
          .process = process(note.process),
          .witnesses = note.witnesses};
}

Change Inventory::expand(const ChangeNote& note) {
  Change change;
  change.id = fmt::format("{:016x}", note.id);
  change.time = note.time;
  change.kind = note.kind;
  change.host = summary_of(table_->at(note.host));
  change.port = expand(note.port);
  for (const PortNote& port : note.ports) change.ports.push_back(expand(port));
  change.more_ports = note.more_ports;
  change.evidence =
      note.cause.sentence(process(note.cause.process), note.ports.size() + note.more_ports);
  if (note.kind == ChangeKind::FirstContact) change.client = note.cause.client;
  change.alert = note.alert;
  return change;
}

/// A host of which nothing is known has no summary, which would take more memory than its entry.
void Inventory::describe(HostEntry& host) {
  if (!describe_ || (host.about && !host.about->name.empty())) return;
  HostSummary found;
  if (host.about) found = *host.about;
  found.ip = host.ip;
  describe_(found);
  const bool known =
      !found.name.empty() || !found.country.empty() || found.asn != 0 || !found.as_org.empty();
  if (host.about) {
    *host.about = std::move(found);
  } else if (known) {
    host.about = std::make_unique<HostSummary>(std::move(found));
  }
}

HostSummary Inventory::summary_of(const HostEntry& host) const {
  if (host.about) return *host.about;
  HostSummary summary;
  summary.ip = host.ip;
  return summary;
}

PortSummary Inventory::summary_of(const PortEntry& port) const {
  return {.port = port.port(),
          .transport = port.transport(),
          .state = port.state,
          .was = port.was,
          .name = {},
          .process = process(port.process),
          .witnesses = port.evidence.clients()};
}

std::uint32_t Inventory::process_number(std::string_view process) {
  if (process.empty()) return 0;
  const auto known = processes_.numbers.find(process);
  if (known != processes_.numbers.end()) return known->second;
  if (processes_.texts.size() >= kMaxProcesses) {
    ++processes_.refused;
    return 0;
  }
  const auto number = static_cast<std::uint32_t>(processes_.texts.size());
  processes_.texts.emplace_back(process);
  processes_.numbers.emplace(process, number);
  return number;
}

InventoryCounts Inventory::counts() const {
  InventoryCounts counts;
  counts.hosts = table_->hosts().size();
  counts.hosts_not_stored = table_->refused();
  counts.ports_not_stored = table_->ports_refused();
  counts.processes_not_known = processes_.refused;
  counts.contacts_not_known = contacts_.refused;
  for (const HostEntry& host : table_->hosts()) {
    counts.hosts -= host.is_empty();
    const std::size_t more = host.open_without_entry();
    counts.open_ports += host.open_ports + more;
    counts.open_without_entry += more;
    counts.hosts_with_open_ports += host.open_ports + more > 0;
  }
  return counts;
}

}  // namespace synfin
