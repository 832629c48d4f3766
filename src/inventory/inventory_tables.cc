// See inventory_tables.h.
#include "synfin/inventory/inventory_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "inventory/port_ranges.h"
#include "synfin/inventory/port_evidence.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

Tone tone_of(PortState state) {
  if (state == PortState::Open) return Tone::Good;
  return state == PortState::Provisional ? Tone::Plain : Tone::Dim;
}

Tone tone_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::NewHost:
    case ChangeKind::NewPort:
    case ChangeKind::NewProcess:
      return Tone::Strong;
    case ChangeKind::Reopened:
      return Tone::Good;
    case ChangeKind::FirstContact:
    case ChangeKind::Moved:
      return Tone::Plain;
    default:
      return Tone::Bad;
  }
}

std::string port_text(std::uint16_t port, std::string_view name) {
  return name.empty() ? fmt::format("{}", port) : fmt::format("{} {}", port, name);
}

/// True if `ports` lists the port or is empty.
bool is_listed(std::span<const std::uint16_t> ports, std::uint16_t port) {
  return ports.empty() || std::find(ports.begin(), ports.end(), port) != ports.end();
}

Cell port_cell_of(std::uint16_t port, std::string_view name) {
  return {port_text(port, name), fmt::format("{}", port)};
}

std::string network_text(const HostSummary& host) {
  if (host.asn == 0) return host.as_org;
  return fmt::format("AS{} {}", host.asn, host.as_org);
}

std::string device_text(const HostSummary& host) {
  std::string text = host.mac;
  if (!host.vendor.empty()) text += fmt::format(" ({})", host.vendor);
  if (host.previous != Address{}) text += ", was " + host.previous.to_string();
  return text;
}

/// " and 12 more"; empty for none.
std::string more_text(std::size_t more) {
  return more == 0 ? std::string{} : fmt::format(" and {} more", with_separators(more));
}

std::string ports_of(const Change& change) {
  if (!is_about_host(change.kind)) return port_text(change.port.port, change.port.name);
  std::string text;
  for (const PortSummary& port : change.ports) {
    if (!text.empty()) text += ", ";
    text += port_text(port.port, port.name);
  }
  return text + more_text(change.more_ports);
}

/// "22,443".
std::string port_numbers(const Change& change) {
  if (!is_about_host(change.kind)) return fmt::format("{}", change.port.port);
  std::string text;
  for (const PortSummary& port : change.ports)
    text += fmt::format("{}{}", text.empty() ? "" : ",", port.port);
  return text;
}

std::uint32_t witnesses_of(const Change& change) {
  std::uint32_t most = change.port.witnesses;
  for (const PortSummary& port : change.ports) most = std::max(most, port.witnesses);
  return most;
}

std::string process_of(const Change& change) {
  std::string text = change.port.process;
  for (const PortSummary& port : change.ports) {
    if (port.process.empty()) continue;
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", port.port, port.process);
  }
  return text;
}

/// Empty if nothing is proven.
Cell proof_cell(const PortEntry& port, Timestamp time, Zone zone) {
  return port.is_proven() ? time_cell(time, zone) : Cell{};
}

/// Moves the cells; an initializer list would copy them.
template <typename... Cells>
void add_row(Table& table, Cells&&... cells) {
  std::vector<Cell>& row = table.rows.emplace_back();
  row.reserve(sizeof...(cells));
  (row.push_back(std::forward<Cells>(cells)), ...);
}

}  // namespace

std::string ports_text(const HostEntry& host, PortState state, const PortNameOf& name) {
  std::string text;
  for (const PortEntry& port : host.ports) {
    if (port.state != state) continue;
    if (!text.empty()) text += ", ";
    text += port_text(port.port(), name(port.port()));
  }
  if (state == PortState::Open) text += more_text(host.open_without_entry());
  return text;
}

PortRanges more_open_ports(const HostEntry& host, std::span<const std::uint16_t> only) {
  if (!host.more_open) return {};
  if (only.empty()) return *host.more_open;
  PortRanges selected;
  for (const std::uint16_t port : only) {
    if (host.more_open->contains(port)) selected.insert(port);
  }
  return selected;
}

std::string other_ports_text(const HostEntry& host) {
  std::array<std::size_t, kPortStates> counts{};
  for (const PortEntry& port : host.ports) ++counts[static_cast<std::size_t>(port.state)];
  if (host.closed) counts[static_cast<std::size_t>(PortState::Closed)] += host.closed->size();
  std::string text;
  for (std::size_t i = 1; i < counts.size(); ++i) {
    const auto state = static_cast<PortState>(i);
    if (counts[i] == 0 || state == PortState::Open) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts[i], to_string(state));
  }
  return text;
}

std::string open_ports_title(std::uint64_t ports, std::uint64_t on, std::uint64_t of) {
  const std::string hosts = plural(of, "host", "hosts");
  return fmt::format("{} on {}",
                     ports == 0 ? "No open port" : plural(ports, "open port", "open ports"),
                     ports == 0 || on == of ? hosts : fmt::format("{} of {}", on, hosts));
}

Table hosts_table(const Inventory& inventory, std::span<const HostEntry* const> hosts,
                  const PortNameOf& name, Zone zone) {
  Table table;
  table.key = "hosts";
  table.columns = {
      {.key = "ip", .title = "Address", .rank = -1, .shrinks = true, .min_width = 15},
      {.key = "name", .title = "Name", .rank = 2, .shrinks = true},
      {.key = "open", .title = "Open", .rank = -1, .shrinks = true, .is_list = true},
      {.key = "other", .title = "Not open", .rank = 2, .shrinks = true, .is_list = true},
      {.key = "first_seen", .title = "First seen", .rank = 4},
      {.key = "last_seen", .title = "Last answer", .rank = 1},
      {.key = "device", .title = "Device", .rank = 3, .shrinks = true},
      {.key = "country", .title = "CC", .rank = 3},
      {.key = "network", .title = "Network", .rank = 3, .shrinks = true}};
  for (const HostEntry* host : hosts) {
    const HostSummary about = inventory.summary_of(*host);
    add_row(table, text_cell(host->ip.to_string()), text_cell(about.name),
            text_cell(ports_text(*host, PortState::Open, name), Tone::Good),
            text_cell(other_ports_text(*host), Tone::Dim), time_cell(host->first_seen, zone),
            time_cell(host->last_seen, zone), text_cell(device_text(about)),
            text_cell(about.country), text_cell(network_text(about)));
  }
  return table;
}

Table ports_table(const Inventory& inventory, std::span<const HostEntry* const> hosts,
                  std::span<const std::uint16_t> only, const PortNameOf& name, Zone zone) {
  Table table;
  table.key = "ports";
  table.columns = {{.key = "ip", .title = "Address", .rank = -1},
                   {.key = "port", .title = "Port", .rank = -1, .is_number = true},
                   {.key = "transport", .title = "Protocol", .rank = 5},
                   {.key = "state", .title = "State", .rank = -1},
                   {.key = "was", .title = "Was", .rank = 3},
                   {.key = "process", .title = "Process", .rank = 2, .shrinks = true},
                   {.key = "witnesses", .title = "Clients", .align = Align::Right, .rank = 1},
                   {.key = "attempts", .title = "Attempts", .align = Align::Right, .rank = 2},
                   {.key = "success_rate", .title = "Success", .align = Align::Right, .rank = 2},
                   {.key = "synack_rtt_p50", .title = "Answer", .align = Align::Right, .rank = 3},
                   {.key = "first_proof", .title = "First proof", .rank = 4},
                   {.key = "last_proof", .title = "Last proof", .rank = 1},
                   {.key = "last_change", .title = "Last change", .rank = 3}};
  constexpr std::size_t kMaxNotes = 10;
  std::size_t not_listed = 0;
  for (const HostEntry* host : hosts) {
    for (const PortEntry& port : host->ports) {
      if (!is_listed(only, port.port())) continue;
      const PortSummary about = inventory.summary_of(port);
      const bool has_changed = about.was != PortState::Unknown;
      const Duration median = port.evidence.median_answer();
      add_row(table, text_cell(host->ip.to_string()), port_cell_of(port.port(), name(port.port())),
              text_cell(to_string(about.transport)),
              text_cell(to_string(about.state), tone_of(about.state)),
              text_cell(has_changed ? to_string(about.was) : ""), text_cell(about.process),
              count_cell(about.witnesses), count_cell(port.attempts),
              share_cell(port.successes, port.attempts), duration_cell(median),
              proof_cell(port, port.first_proof, zone), proof_cell(port, port.last_proof, zone),
              proof_cell(port, port.last_change, zone));
    }
    const std::size_t more = more_open_ports(*host, only).size();
    if (more == 0 || ++not_listed > kMaxNotes) continue;
    table.note += fmt::format("{}{}: {} open, without details", table.note.empty() ? "" : "; ",
                              host->ip.to_string(), plural(more, "more port is", "more ports are"));
  }
  if (not_listed > kMaxNotes)
    table.note +=
        fmt::format("; the same for {}", plural(not_listed - kMaxNotes, "more host", "more hosts"));
  return table;
}

ChangesTable::ChangesTable(Zone zone, bool raw_only) : zone_(zone), raw_only_(raw_only) {
  table_.key = "changes";
  table_.columns = {
      {.key = "time", .title = "Time", .rank = -1},
      {.key = "change", .title = "Change", .rank = -1},
      {.key = "ip", .title = "Address", .rank = -1},
      {.key = "port",
       .title = "Port",
       .rank = -1,
       .shrinks = true,
       .is_number = true,
       .is_list = true},
      {.key = "transport", .title = "Protocol", .rank = 5},
      {.key = "was", .title = "Was", .rank = 2},
      {.key = "witnesses", .title = "Clients", .align = Align::Right, .rank = 2},
      {.key = "process", .title = "Process", .rank = 2, .shrinks = true},
      {.key = "evidence", .title = "Evidence", .rank = 1, .shrinks = true, .by_end = true},
      {.key = "name", .title = "Name", .rank = 3, .shrinks = true},
      {.key = "country", .title = "CC", .rank = 3},
      {.key = "network", .title = "Network", .rank = 3, .shrinks = true},
      {.key = "id", .title = "", .rank = 6}};
}

void ChangesTable::add(const Change& change) {
  const auto raw = [](std::string text) { return Cell{{}, std::move(text)}; };
  const auto cell = [&](std::string text, Tone tone = Tone::Plain) {
    return raw_only_ ? raw(std::move(text)) : text_cell(text, tone);
  };
  const auto kind = std::string(to_string(change.kind));
  add_row(table_, raw_only_ ? raw(exact_rfc3339(change.time)) : time_cell(change.time, zone_),
          cell(kind, tone_of(change.kind)), cell(change.host.ip.to_string()),
          raw_only_ ? raw(port_numbers(change)) : Cell{ports_of(change), port_numbers(change)},
          raw(std::string(to_string(change.port.transport))),
          cell(std::string(to_string(change.port.was))), count_cell(witnesses_of(change)),
          cell(process_of(change)), cell(change.evidence), cell(change.host.name),
          cell(change.host.country), cell(network_text(change.host)), raw(change.id));
}

}  // namespace synfin
