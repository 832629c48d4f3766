// See netstat_view.h.
#include "synfin/view/netstat_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "synfin/base/escape.h"
#include "synfin/report/format.h"
#include "view/select_rows.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxRows = 10'000;

constexpr std::array<std::string_view, 2> kOrders{"latest", "first"};

/// Whether this is the event at which a connection is listed: the first that says more than a SYN.
bool is_due(const Change& change) {
  const EventKind kind = change.event.kind;
  if (kind == EventKind::Syn || kind == EventKind::Backscatter || !change.after) return false;
  if (change.is_new()) return true;
  const bool only_asked =
      change.phase_before == Phase::SynSent && change.before == Outcome::Pending;
  return only_asked && change.connection().syn_retries == (kind == EventKind::Retry ? 1 : 0);
}

}  // namespace

NetstatView::NetstatView(const ViewBounds& bounds, const Locality& locality)
    : locality_(locality), limit_(std::min(bounds.max_hosts, kMaxRows)) {}

void NetstatView::append(Row row, const EndpointAnnotations& owner) {
  row.id = ++count_;
  row.pid = owner.pid;
  row.user = owner.user;
  row.exe = owner.exe;
  row.cmdline = owner.cmdline;
  rows_.push_back(std::move(row));
  if (rows_.size() > limit_) rows_.pop_front();
}

void NetstatView::append_socket(const SocketInfo& socket, Timestamp now,
                                const EndpointAnnotations& owner) {
  Row row;
  row.time = now;
  row.local = socket.local;
  row.foreign = socket.remote;
  row.state = state_name(socket);
  row.listening = !socket.connected();
  row.transport = socket.transport;
  append(std::move(row), owner);
}

void NetstatView::observe(const Change& change) {
  if (!is_due(change)) return;
  const FiveTuple& t = change.connection().tuple;
  // The socket table tells the tracker of connections that are listed already.
  const bool known = change.connection().direction_basis == DirectionBasis::Socket;
  if (known && listed_.erase(ConnectionKey::of(t)) != 0) return;
  const bool inbound = locality_.direction(t.orig.address, t.resp.address) == Direction::Inbound;
  Row row;
  row.time = change.event.time;
  row.local = inbound ? t.resp : t.orig;
  row.foreign = inbound ? t.orig : t.resp;
  row.state = to_string(change.phase_after);
  append(std::move(row), inbound ? change.about.resp : change.about.orig);
}

std::span<const std::string_view> NetstatView::orders() const { return kOrders; }

std::string_view NetstatView::proto_text(const Row& row) {
  const bool v4 = row.local.address.is_v4();
  if (row.transport == Transport::Udp) return v4 ? "udp" : "udp6";
  return v4 ? "tcp" : "tcp6";
}

std::string NetstatView::foreign_text(const Row& row) {
  return row.listening ? (row.local.address.is_v4() ? "0.0.0.0:*" : "[::]:*")
                       : endpoint_text(row.foreign);
}

std::vector<Cell> NetstatView::cells(const Row& r, const ViewRequest& request) const {
  const Tone tone = r.state == "ESTABLISHED" ? Tone::Good
                    : r.state == "CLOSED"    ? Tone::Bad
                                             : Tone::Plain;
  return {when_cell(r.time, request),
          text_cell(proto_text(r), Tone::Dim),
          count_cell(r.id, Tone::Dim),
          text_cell(r.user),
          text_cell(endpoint_text(r.local)),
          text_cell(foreign_text(r)),
          text_cell(r.state, tone),
          r.pid == 0 ? Cell{} : text_cell(std::to_string(r.pid)),
          text_cell(r.exe),
          text_cell(r.cmdline)};
}

ViewPage NetstatView::page(const ViewRequest& request, Lookup& lookup) const {
  ViewPage page;
  const std::vector<Row> rows(rows_.begin(), rows_.end());
  const auto key_of = [&](const Row& r) -> SortKey {
    return {request.order == 1 ? r.id : descending(r.id), 0, 0};
  };
  const auto text_of = [&](const Row& r, RowText& out) {
    ShowEnd& local = r.listening ? out.about.resp : out.about.orig;
    ShowEnd& foreign = r.listening ? out.about.orig : out.about.resp;
    out.fill(local, r.local.address, lookup.about(r.local.address));
    if (!r.listening) out.fill(foreign, r.foreign.address, lookup.about(r.foreign.address));
    local.port = r.local.port;
    foreign.port = r.foreign.port;
    local.pid = r.pid;
    local.user = r.user;
    local.exe = r.exe;
    out.about.states[0] = r.state;
    out.about.proto = to_string(r.transport);
    out += fmt::format("{} {} {} {} {} {} {}", r.user, endpoint_text(r.local), foreign_text(r),
                       r.state, r.pid, r.exe, r.cmdline);
  };
  for (const std::uint32_t i : select_rows(
           std::span<const Row>(rows), request, page.of, [](const Row&) { return true; }, key_of,
           text_of)) {
    page.table.rows.push_back(cells(rows[i], request));
    page.subjects.push_back({.host = rows[i].foreign.address,
                             .peer = {},
                             .port = {},
                             .connection = ConnectionKey::of({rows[i].local, rows[i].foreign})});
  }
  page.table.key = "netstat";
  page.table.title = fmt::format("{} connections listed", with_separators(count_));
  page.table.columns = {{"time", "Time", Align::Left, 3},
                        {"proto", "Proto", Align::Left, 5},
                        {"id", "ID", Align::Right, 6},
                        {"user", "User", Align::Left, 1},
                        {"local", "Local-Address", Align::Left, 0, true},
                        {"foreign", "Foreign-Address", Align::Left, 0, true},
                        {"state", "State", Align::Left},
                        {"pid", "PID", Align::Right, 1},
                        {"exe", "Exe", Align::Left, 2, true},
                        {"cmdline", "Command-Line", Align::Left, 4, true, true}};
  return page;
}

void NetstatView::print_new(std::string& out, const ViewRequest& request) {
  constexpr std::string_view kLine = "{:<19} {:<5} {:>6} {:<10} {:<24} {:<24} {:<11} {:>7} {} {}";
  const auto safe = [&](std::string_view text) {
    std::string plain;
    request.unicode ? append_plain(plain, text) : append_ascii(plain, text);
    return plain.empty() ? std::string{"-"} : plain;
  };
  if (printed_ == 0 && count_ != 0) {
    out += fmt::format(kLine, "Time", "Proto", "ID", "User", "Local-Address", "Foreign-Address",
                       "State", "PID", "Exe", "Command-Line") +
           '\n';
  }
  const std::uint64_t missing = std::min<std::uint64_t>(count_ - printed_, rows_.size());
  for (auto row = rows_.end() - static_cast<std::ptrdiff_t>(missing); row != rows_.end(); ++row) {
    out += fmt::format(kLine, moment_text(row->time, request.zone), proto_text(*row), row->id,
                       safe(row->user), endpoint_text(row->local), foreign_text(*row), row->state,
                       row->pid == 0 ? "-" : std::to_string(row->pid), safe(row->exe),
                       safe(row->cmdline)) +
           '\n';
  }
  printed_ = count_;
}

}  // namespace synfin
