// See inventory_json.h.
#include "inventory/inventory_json.h"

#include <algorithm>

#include "inventory/port_ranges.h"
#include "synfin/inventory/host_table.h"
#include "synfin/inventory/port_evidence.h"
#include "synfin/report/format.h"
#include "synfin/report/json_writer.h"

namespace synfin {
namespace {

void known(JsonWriter& json, std::string_view key, std::string_view text) {
  if (!text.empty()) json.member(key, text);
}

void time(JsonWriter& json, std::string_view key, Timestamp t) {
  json.member(key, std::string_view{exact_rfc3339(t)});
}

void about(JsonWriter& json, const HostSummary& host) {
  known(json, "name", host.name);
  known(json, "country", host.country);
  if (host.asn != 0) json.member("asn", std::uint64_t{host.asn});
  known(json, "as_org", host.as_org);
  known(json, "mac", host.mac);
  known(json, "vendor", host.vendor);
  if (host.previous != Address{})
    json.member("previous_ip", std::string_view{host.previous.to_string()});
}

void port_members(JsonWriter& json, const PortSummary& port) {
  json.member("port", std::uint64_t{port.port});
  json.member("transport", to_string(port.transport));
  json.member("state", to_string(port.state));
  if (port.was != PortState::Unknown) json.member("was", to_string(port.was));
  known(json, "port_name", port.name);
  known(json, "process", port.process);
  json.member("witnesses", std::uint64_t{port.witnesses});
}

void change_members(JsonWriter& json, const Change& change) {
  json.member("change", to_string(change.kind));
  json.member("ip", std::string_view{change.host.ip.to_string()});
  if (!is_about_host(change.kind)) {
    json.member("port", std::uint64_t{change.port.port});
    json.member("transport", to_string(change.port.transport));
    json.member("state", to_string(change.port.state));
    json.member("was", to_string(change.port.was));
    known(json, "port_name", change.port.name);
    known(json, "process", change.port.process);
    json.member("witnesses", std::uint64_t{change.port.witnesses});
  } else {
    json.member("was", to_string(PortState::Unknown));
    std::uint32_t witnesses = 0;
    for (const PortSummary& port : change.ports) witnesses = std::max(witnesses, port.witnesses);
    json.member("witnesses", std::uint64_t{witnesses});
    json.key("ports").begin_array();
    for (const PortSummary& port : change.ports) {
      json.begin_object();
      port_members(json, port);
      json.end_object();
    }
    json.end_array();
    if (change.more_ports != 0) json.member("more_ports", std::uint64_t{change.more_ports});
  }
  json.member("evidence", std::string_view{change.evidence});
  about(json, change.host);
  if (change.kind == ChangeKind::FirstContact)
    json.member("client", std::string_view{change.client.to_string()});
  json.member("alert", change.alert);
  json.member("id", std::string_view{change.id});
}

/// Appends an object behind its opening brace, without the blanks after colons and commas, which
/// no other event has.
void append_members(std::string& out, std::string_view object) {
  bool in_text = false, escaped = false;
  for (const char c : object.substr(1)) {
    if (c == '"' && !escaped) in_text = !in_text;
    escaped = c == '\\' && !escaped;
    if (in_text || c != ' ') out += c;
  }
}

}  // namespace

void append_change_json(std::string& out, const Change& change) {
  JsonWriter json(out);
  json.begin_object();
  time(json, "time", change.time);
  change_members(json, change);
  json.end_object();
  out += '\n';
}

void append_change_event(std::string& out, const Change& change) {
  out += "{\"ts\":" + format_epoch(change.time) + ",\"event\":\"change\",";
  std::string members;
  JsonWriter json(members);
  json.begin_object();
  change_members(json, change);
  json.end_object();
  append_members(out, members);
  out += '\n';
}

void append_digest_event(std::string& out, const Digest& digest) {
  out += "{\"ts\":" + format_epoch(digest.to) + ",\"event\":\"digest\",";
  std::string members;
  JsonWriter json(members);
  json.begin_object();
  json.member("id", std::string_view{digest.id});
  time(json, "from", digest.from);
  time(json, "to", digest.to);
  json.member("hosts", digest.hosts_total);
  json.member("ports", digest.ports_total);
  json.member("changes", digest.changes_total);
  if (digest.hosts_not_stored != 0) json.member("hosts_not_stored", digest.hosts_not_stored);
  json.end_object();
  append_members(out, members);
  out += '\n';
}

void append_host_json(std::string& out, const Inventory& inventory, const HostEntry& host,
                      std::span<const std::uint16_t> only) {
  JsonWriter json(out);
  json.begin_object();
  json.member("ip", std::string_view{host.ip.to_string()});
  about(json, inventory.summary_of(host));
  time(json, "first_seen", host.first_seen);
  time(json, "last_seen", host.last_seen);
  json.key("ports").begin_array();
  for (const PortEntry& port : host.ports) {
    if (!only.empty() && std::find(only.begin(), only.end(), port.port()) == only.end()) continue;
    json.begin_object();
    port_members(json, inventory.summary_of(port));
    if (port.is_proven()) {
      time(json, "first_proof", port.first_proof);
      time(json, "last_proof", port.last_proof);
      time(json, "last_change", port.last_change);
    }
    json.member("attempts", std::uint64_t{port.attempts});
    json.member("successes", std::uint64_t{port.successes});
    if (port.attempts != 0)
      json.member("success_rate", static_cast<double>(port.successes) / port.attempts);
    const Duration median = port.evidence.median_answer();
    if (median != kNoDuration) {
      json.member("synack_rtt_ms_p50", std::chrono::duration<double, std::milli>(median).count());
    }
    if (port.state == PortState::Unreachable) json.member("icmp_code", std::uint64_t{port.icmp});
    json.end_object();
  }
  json.end_array();
  if (host.more_open && !host.more_open->empty())
    json.member("more_open_ports", std::string_view{host.more_open->to_string()});
  if (host.closed && !host.closed->empty())
    json.member("closed_ports", std::string_view{host.closed->to_string()});
  json.end_object();
  out += '\n';
}

}  // namespace synfin
