// See inventory_view.h.
#include "view/inventory_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>

#include "synfin/inventory/host_table.h"
#include "synfin/inventory/inventory_tables.h"
#include "synfin/report/format.h"
#include "view/select_rows.h"

namespace synfin {
namespace {

struct HostOrder {
  static constexpr std::array<std::string_view, 4> kNames{"changes", "address", "latest", "open"};
  enum : std::size_t { Changes, Address, Latest, Open };
};

Timestamp last_change(const HostEntry& host) {
  Timestamp last = host.first_seen;
  for (const PortEntry& port : host.ports) last = std::max(last, port.last_change);
  return last;
}

/// A filter searches so many open ports of a host. Whoever answers for all ports opens 65535.
constexpr std::size_t kMaxSearched = 1000;

/// Appends the text of ports_text() for open ports, but ends after `most` of them, and when
/// `max_size` bytes are exceeded.
void append_open_ports(std::string& out, const HostEntry& host, Lookup& lookup, std::size_t most,
                       std::size_t max_size) {
  const std::size_t begin = out.size();
  for (const PortEntry& port : host.ports) {
    if (port.state != PortState::Open) continue;
    if (most-- == 0 || out.size() - begin > max_size) return;
    if (out.size() > begin) out += ", ";
    fmt::format_to(std::back_inserter(out), "{}", port.port());
    if (const std::string_view name = lookup.port_name(port.port()); !name.empty())
      (out += ' ') += name;
  }
}

/// The open ports of a row. A terminal cuts what is wider than itself.
Cell open_ports_cell(const HostEntry& host, Lookup& lookup, std::size_t width) {
  constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
  std::string text;
  append_open_ports(text, host, lookup, kAll, width == 0 ? kAll : width);
  return text_cell(text, Tone::Good);
}

}  // namespace

std::span<const std::string_view> InventoryView::orders() const { return HostOrder::kNames; }

Table InventoryView::ports_of(const Address& ip, Lookup& lookup, Zone zone) const {
  std::vector<const HostEntry*> hosts;
  if (inventory_ != nullptr) {
    for (const HostEntry& host : inventory_->table().hosts()) {
      if (host.ip == ip) hosts.push_back(&host);
    }
  }
  if (hosts.empty()) return {};
  const auto name = [&lookup](std::uint16_t port) { return lookup.port_name(port); };
  Table table = ports_table(*inventory_, hosts, {}, name, zone);
  table.title = "Ports";
  const std::string other = other_ports_text(*hosts.front());
  if (!other.empty()) table.note += (table.note.empty() ? "" : "; ") + other;
  return table;
}

ViewPage InventoryView::page(const ViewRequest& request, Lookup& lookup) const {
  ViewPage page;
  page.table.key = "inventory";
  page.table.columns = {
      {.key = "ip", .title = "Address", .rank = -1, .shrinks = true, .min_width = 15},
      {.key = "open", .title = "Open", .rank = -1, .shrinks = true, .is_list = true},
      {.key = "other", .title = "Not open", .rank = 1, .shrinks = true, .is_list = true},
      {.key = "last_change", .title = "Last change"},
      {.key = "last_seen", .title = "Last answer", .rank = 1},
      {.key = "first_seen", .title = "First seen", .rank = 4},
      {.key = "name", .title = "Name", .rank = 2, .shrinks = true},
      {.key = "country", .title = "CC", .rank = 3},
      {.key = "network", .title = "Network", .rank = 3, .shrinks = true}};
  if (inventory_ == nullptr) return page;
  const std::span<const HostEntry> hosts = inventory_->table().hosts();
  const auto key_of = [&](const HostEntry& host) -> SortKey {
    if (request.order == HostOrder::Address) return ascending(host.ip);
    if (request.order == HostOrder::Latest) return {descending(host.last_seen), host.id, 0};
    if (request.order == HostOrder::Open)
      return {descending(host.open_ports + host.open_without_entry()), host.id, 0};
    return {descending(last_change(host)), host.id, 0};
  };
  const auto text_of = [&](const HostEntry& host, RowText& out) {
    out.fill(out.about.resp, host.ip, lookup.about(host.ip));
    append_address(out, host.ip);
    append_open_ports(out, host, lookup, kMaxSearched, std::numeric_limits<std::size_t>::max());
    out += ' ' + other_ports_text(host) + ' ';
    out += out.about.resp.name;
  };
  for (const std::uint32_t at : select_rows(
           hosts, request, page.of, [](const HostEntry& host) { return !host.is_empty(); }, key_of,
           text_of)) {
    const HostEntry& host = hosts[at];
    auto about = about_cells(lookup.about(host.ip));
    page.table.rows.push_back(
        {text_cell(host.ip.to_string()), open_ports_cell(host, lookup, request.width),
         text_cell(other_ports_text(host), Tone::Dim), when_cell(last_change(host), request),
         when_cell(host.last_seen, request), when_cell(host.first_seen, request),
         std::move(about[0]), std::move(about[1]), std::move(about[2])});
    page.targets.push_back({.host = host.ip, .peer = {}, .port = {}, .connection = {}});
  }
  const InventoryCounts counts = inventory_->counts();
  page.table.title =
      open_ports_title(counts.open_ports, counts.hosts_with_open_ports, counts.hosts);
  static constexpr std::array<SortColumns, HostOrder::kNames.size()> kSortColumns{
      {{{"last_change"}}, {{"ip"}, false}, {{"last_seen"}}, {{"open"}}}};
  mark_sort(page.table, request, kSortColumns[request.order % kSortColumns.size()]);
  keep_requested_columns(page.table, request);
  return page;
}

}  // namespace synfin
