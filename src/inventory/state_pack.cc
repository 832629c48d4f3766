// See state_pack.h. A form never changes once it is released: the first byte of a value is its
// version.
#include "inventory/state_pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "inventory/packed_bytes.h"
#include "synfin/inventory/host_table.h"

namespace synfin {
namespace {

constexpr unsigned kPortsVersion = 1;
constexpr unsigned kChangesVersion = 1;

constexpr std::uint64_t kChangesPerBlock = 64;
constexpr std::size_t kBytesPerBlock = 16'384;

/// The bits of a byte that says which parts follow.
constexpr unsigned kOpened = 1, kProcess = 2, kClients = 4;
constexpr unsigned kAlert = 1, kAbout = 2, kPorts = 4;

template <typename Enum>
Enum enum_of(unsigned value, int count) {
  return static_cast<Enum>(value < static_cast<unsigned>(count) ? value : 0);
}

template <typename Number>
Number clamped(std::uint64_t value) {
  return static_cast<Number>(std::min<std::uint64_t>(value, std::numeric_limits<Number>::max()));
}

void pack_port(PackedWriter& out, const PortEntry& port, std::uint32_t key_before,
               std::string& evidence, const std::string& process) {
  const bool has_clients = port.evidence.clients() != 0;
  out.number(port.key - key_before);
  out.byte(static_cast<unsigned>(port.state) | static_cast<unsigned>(port.was) << 4);
  out.byte((port.opened ? kOpened : 0) | (port.process != 0 ? kProcess : 0) |
           (has_clients ? kClients : 0));
  out.byte(port.flips);
  out.byte(port.icmp);
  out.signed_number(to_ns(port.first_proof));
  out.signed_number(saturating_sub(port.last_proof, port.first_proof).count());
  out.signed_number(saturating_sub(port.last_change, port.first_proof).count());
  out.number(port.attempts);
  out.number(port.successes);
  if (port.process != 0) out.text(process);
  if (!has_clients) return;
  evidence.clear();
  port.evidence.pack(evidence);
  out.number(port.evidence.clients());
  out.text(evidence);
}

PortEntry unpack_port(PackedReader& in, std::uint32_t key_before, Inventory& inventory) {
  PortEntry port;
  port.key = clamped<std::uint32_t>(key_before + in.number());
  const unsigned states = in.byte();
  port.state = enum_of<PortState>(states & 0xF, kPortStates);
  port.was = enum_of<PortState>(states >> 4, kPortStates);
  const unsigned parts = in.byte();
  port.opened = (parts & kOpened) != 0;
  port.flips = static_cast<std::uint8_t>(in.byte());
  port.icmp = static_cast<std::uint8_t>(in.byte());
  port.first_proof = timestamp_from_ns(in.signed_number());
  port.last_proof = saturating_add(port.first_proof, Duration{in.signed_number()});
  port.last_change = saturating_add(port.first_proof, Duration{in.signed_number()});
  port.attempts = clamped<std::uint32_t>(in.number());
  port.successes = clamped<std::uint32_t>(in.number());
  if ((parts & kProcess) != 0) port.process = inventory.process_number(in.text());
  if ((parts & kClients) != 0) {
    const auto clients = clamped<std::uint32_t>(in.number());
    port.evidence = PortEvidence::unpack(in.text(), clients);
  }
  return port;
}

void pack_about(PackedWriter& out, const HostSummary& about) {
  out.text(about.name);
  out.text(about.country);
  out.number(about.asn);
  out.text(about.as_org);
  out.text(about.mac);
  out.text(about.vendor);
  out.address(about.previous);
}

void unpack_about(PackedReader& in, HostSummary& about) {
  about.name = in.text();
  about.country = in.text();
  about.asn = clamped<std::uint32_t>(in.number());
  about.as_org = in.text();
  about.mac = in.text();
  about.vendor = in.text();
  about.previous = in.address();
}

/// What both forms of a change have.
struct ChangeHead {
  std::uint64_t id;
  Timestamp time;
  ChangeKind kind;
  bool alert;
  const Address& ip;
  const HostSummary* about;  ///< null: nothing is known
};

void pack_head(PackedWriter& out, const ChangeHead& head, bool has_ports) {
  out.byte(static_cast<unsigned>(head.kind));
  out.byte((head.alert ? kAlert : 0) | (head.about != nullptr ? kAbout : 0) |
           (has_ports ? kPorts : 0));
  out.number(head.id);
  out.signed_number(to_ns(head.time));
  out.address(head.ip);
  if (head.about != nullptr) pack_about(out, *head.about);
}

void pack_summary(PackedWriter& out, std::uint32_t key, PortState state, PortState was,
                  std::uint32_t witnesses, std::string_view process) {
  out.number(key);
  out.byte(static_cast<unsigned>(state) | static_cast<unsigned>(was) << 4);
  out.number(witnesses);
  out.text(process);
}

PortSummary unpack_summary(PackedReader& in) {
  PortSummary port;
  const auto key = clamped<std::uint32_t>(in.number());
  port.port = static_cast<std::uint16_t>(key >> 8);
  if (key != 0) port.transport = static_cast<Transport>(key & 0xFF);
  const unsigned states = in.byte();
  port.state = enum_of<PortState>(states & 0xF, kPortStates);
  port.was = enum_of<PortState>(states >> 4, kPortStates);
  port.witnesses = clamped<std::uint32_t>(in.number());
  port.process = in.text();
  return port;
}

/// A cause is either parts or, with ChangeCauseKind::None, its sentence.
void pack_cause(PackedWriter& out, const ChangeCause& cause, std::string_view process) {
  out.byte(static_cast<unsigned>(cause.kind));
  out.byte(cause.icmp_type);
  out.byte(cause.icmp_code);
  out.signed_number(cause.ns);
  out.address(cause.client);
  out.text(process);
}

/// The cause of a change of a host has the number of its further ports as `ns`.
void unpack_cause(PackedReader& in, Change& change) {
  ChangeCause cause{.kind = enum_of<ChangeCauseKind>(in.byte(), kChangeCauseKinds)};
  cause.icmp_type = static_cast<std::uint8_t>(in.byte());
  cause.icmp_code = static_cast<std::uint8_t>(in.byte());
  cause.ns = in.signed_number();
  cause.client = in.address();
  const std::string_view text = in.text();
  if (is_about_host(change.kind) && cause.ns > 0)
    change.more_ports = clamped<std::uint32_t>(static_cast<std::uint64_t>(cause.ns));
  change.evidence = cause.kind == ChangeCauseKind::None
                        ? std::string(text)
                        : cause.sentence(text, change.ports.size() + change.more_ports);
  if (change.kind == ChangeKind::FirstContact) change.client = cause.client;
}

std::uint32_t key_of(const PortSummary& port) {
  return std::uint32_t{port.port} << 8 | protocol_number(port.transport);
}

}  // namespace

std::string pack_ports(const Inventory& inventory, const HostEntry& host) {
  std::string bytes;
  if (host.ports.empty()) return bytes;
  bytes.reserve(host.ports.size() * 64);
  std::string evidence;
  PackedWriter out(bytes);
  out.byte(kPortsVersion);
  out.number(host.ports.size());
  std::uint32_t key = 0;
  for (const PortEntry& port : host.ports) {
    pack_port(out, port, key, evidence, inventory.process(port.process));
    key = port.key;
  }
  return bytes;
}

bool unpack_ports(std::string_view bytes, Inventory& inventory, HostEntry& host) {
  if (bytes.empty()) return true;
  PackedReader in(bytes);
  if (in.byte() != kPortsVersion) return false;
  const std::uint64_t count = in.number();
  if (count > bytes.size()) return false;
  const std::size_t room = std::min<std::size_t>(count, HostTable::kMaxPorts);
  host.ports.reserve(room);
  host.keys.reserve(room);
  std::uint32_t key = 0;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    PortEntry port = unpack_port(in, key, inventory);
    const std::uint32_t before = std::exchange(key, port.key);
    if (key <= before) return false;
    inventory.table().restore_port(host, std::move(port));
  }
  return in.ok() && in.at_end();
}

std::string& PackedChanges::room_for(Timestamp time) {
  const bool full = !blocks_.empty() && (blocks_.back().changes >= kChangesPerBlock ||
                                         blocks_.back().bytes.size() >= kBytesPerBlock);
  if (blocks_.empty() || full || ended_) {
    blocks_.push_back({.changes = 0, .last = time, .bytes = {}});
    blocks_.back().bytes += static_cast<char>(kChangesVersion);
    ended_ = false;
  }
  Block& block = blocks_.back();
  block.last = std::max(block.last, time);
  ++block.changes;
  ++size_;
  return block.bytes;
}

void PackedChanges::add(const ChangeNote& note, Inventory& inventory) {
  const HostEntry& host = inventory.table().at(note.host);
  PackedWriter out(room_for(note.time));
  pack_head(out,
            {.id = note.id,
             .time = note.time,
             .kind = note.kind,
             .alert = note.alert,
             .ip = host.ip,
             .about = host.about.get()},
            !note.ports.empty());
  const auto pack = [&](const PortNote& port) {
    pack_summary(out, port.key, port.state, port.was, port.witnesses,
                 inventory.process(port.process));
  };
  pack(note.port);
  if (!note.ports.empty()) out.number(note.ports.size());
  for (const PortNote& port : note.ports) pack(port);
  ChangeCause cause = note.cause;
  if (is_about_host(note.kind)) cause.ns = note.more_ports;
  pack_cause(out, cause, inventory.process(note.cause.process));
}

void PackedChanges::add(const Change& change) {
  std::uint64_t id = 0;
  (void)std::from_chars(change.id.data(), change.id.data() + change.id.size(), id, 16);
  PackedWriter out(room_for(change.time));
  pack_head(out,
            {.id = id,
             .time = change.time,
             .kind = change.kind,
             .alert = change.alert,
             .ip = change.host.ip,
             .about = &change.host},
            !change.ports.empty());
  const auto pack = [&](const PortSummary& port) {
    pack_summary(out, key_of(port), port.state, port.was, port.witnesses, port.process);
  };
  pack(change.port);
  if (!change.ports.empty()) out.number(change.ports.size());
  for (const PortSummary& port : change.ports) pack(port);
  pack_cause(out, {.ns = change.more_ports, .client = change.client}, change.evidence);
}

bool unpack_changes(std::string_view bytes, std::vector<Change>& out) {
  PackedReader in(bytes);
  if (in.byte() != kChangesVersion) return false;
  while (!in.at_end() && in.ok()) {
    Change& change = out.emplace_back();
    change.kind = enum_of<ChangeKind>(in.byte(), kChangeKinds);
    const unsigned parts = in.byte();
    change.alert = (parts & kAlert) != 0;
    change.id = fmt::format("{:016x}", in.number());
    change.time = timestamp_from_ns(in.signed_number());
    change.host.ip = in.address();
    if ((parts & kAbout) != 0) unpack_about(in, change.host);
    change.port = unpack_summary(in);
    if ((parts & kPorts) != 0) {
      for (std::uint64_t left = in.number(); left > 0 && in.ok(); --left)
        change.ports.push_back(unpack_summary(in));
    }
    unpack_cause(in, change);
  }
  return in.ok();
}

}  // namespace synfin
