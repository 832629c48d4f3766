// See netstat_view.h.
#include "synfin/view/netstat_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "synfin/report/format.h"
#include "synfin/report/text_table.h"
#include "view/select_rows.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxRows = 10'000;

struct SocketOrder {
  static constexpr std::array<std::string_view, 4> kNames{"latest", "foreign address", "state",
                                                          "process"};
  enum : std::size_t { Time, Foreign, State, Process };
};

/// True for the event at which a connection is listed, which is the first one after the SYN.
bool is_due(const ConnectionChange& change) {
  const EventKind kind = change.event.kind;
  if (kind == EventKind::Syn || kind == EventKind::Backscatter || !change.after) return false;
  if (change.is_new()) return true;
  const bool only_syn_sent =
      change.phase_before == Phase::SynSent && change.before == Outcome::Pending;
  return only_syn_sent && change.connection().syn_retries == (kind == EventKind::Retry ? 1 : 0);
}

/// States as numbers in alphabetical order of their first eight letters.
std::uint64_t letters_of(std::string_view state) {
  std::uint64_t letters = 0;
  for (std::size_t i = 0; i < 8; ++i)
    letters = letters << 8 | (i < state.size() ? static_cast<unsigned char>(state[i]) : 0u);
  return letters;
}

/// Widths of columns, negative if the text is on the right. The last one is not padded.
constexpr auto kLine = {19, 5, -6, 10, 24, 24, 11, -7, 0, 0};
constexpr auto kLineWithName = {19, 5, -6, 10, 24, 24, 24, 11, -7, 0, 0};
/// For terminals on which a full line would wrap.
constexpr auto kNarrowLine = {8, -6, 10, 11, 20, 0};
/// The same with the command line. To save columns, it has the local port instead of the local
/// address.
constexpr auto kNarrowCommandLine = {8, -6, 11, 6, 20, 0};
constexpr std::size_t kNarrowEndpoint = 20;
constexpr std::size_t kNarrowExe = 10;
constexpr std::size_t kMinFullWidth = 120;

bool is_narrow(const ViewRequest& request) {
  return request.width != 0 && request.width < kMinFullWidth;
}

std::string shown_or_dash(std::string_view text, bool unicode) {
  return text.empty() ? "-" : shown_text(text, unicode);
}

/// A line of texts that are padded by terminal columns, which fmt does not count.
template <typename... Texts>
std::string columns(std::initializer_list<int> widths, const Texts&... texts) {
  std::string line;
  const int* width = widths.begin();
  const auto add = [&](std::string_view text) {
    const auto size = static_cast<std::size_t>(std::abs(*width));
    if (!line.empty()) line += ' ';
    if (*width < 0) line.append(size - std::min(size, columns_of(text)), ' ');
    line += *width < 0 ? std::string(text) : padded(text, size);
    ++width;
  };
  (add(texts), ...);
  return line;
}

}  // namespace

NetstatView::NetstatView(const ViewBounds& bounds, const Locality& locality)
    : locality_(locality), limit_(std::min(bounds.max_hosts, kMaxRows)) {}

void NetstatView::append(SocketRow row, const EndpointAnnotations& owner) {
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
  SocketRow row;
  row.time = now;
  row.local = socket.local;
  row.foreign = socket.remote;
  row.state = state_name(socket);
  row.listening = !socket.connected();
  row.transport = socket.transport;
  append(std::move(row), owner);
}

void NetstatView::observe(const ConnectionChange& change) {
  if (!is_due(change)) return;
  const FiveTuple& t = change.connection().tuple;
  // The tracker also reports connections of the socket table, which note_sockets() has listed.
  const bool known = change.connection().direction_basis == DirectionBasis::Socket;
  if (known && listed_.erase(ConnectionKey::of(t)) != 0) return;
  const bool inbound = locality_.direction(t.orig.address, t.resp.address) == Direction::Inbound;
  SocketRow row;
  row.time = change.event.time;
  row.local = inbound ? t.resp : t.orig;
  row.foreign = inbound ? t.orig : t.resp;
  row.state = to_string(inbound ? at_other_end(change.phase_after) : change.phase_after);
  append(std::move(row), inbound ? change.about.resp : change.about.orig);
}

std::span<const std::string_view> NetstatView::orders() const { return SocketOrder::kNames; }

std::string_view NetstatView::proto_text(const SocketRow& row) {
  const bool v4 = row.local.address.is_v4();
  if (row.transport == Transport::Udp) return v4 ? "udp" : "udp6";
  return v4 ? "tcp" : "tcp6";
}

/// Fills in the properties of a row with which a typed filter compares.
void NetstatView::fill_row(RowText& out, const SocketRow& r, Lookup& lookup) {
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
}

std::string NetstatView::foreign_text(const SocketRow& row) {
  return row.listening ? (row.local.address.is_v4() ? "0.0.0.0:*" : "[::]:*")
                       : endpoint_text(row.foreign);
}

std::vector<Cell> NetstatView::cells(const SocketRow& r, const ViewRequest& request,
                                     Lookup& lookup) const {
  const Tone tone = r.listening                                     ? Tone::Listening
                    : r.state == "ESTABLISHED"                      ? Tone::Good
                    : r.state == "CLOSED" || r.state == "TIME_WAIT" ? Tone::Bad
                                                                    : Tone::Plain;
  return {when_cell(r.time, request),
          text_cell(proto_text(r), Tone::Dim),
          count_cell(r.id, Tone::Dim),
          text_cell(r.user),
          text_cell(endpoint_text(r.local)),
          text_cell(foreign_text(r)),
          r.listening ? Cell{} : host_name_cell(lookup.about(r.foreign.address)),
          text_cell(r.state, tone),
          r.pid == 0 ? Cell{} : text_cell(std::to_string(r.pid)),
          text_cell(r.exe),
          text_cell(r.cmdline)};
}

ViewPage NetstatView::page(const ViewRequest& request, Lookup& lookup) const {
  ViewPage page;
  const std::vector<SocketRow> rows(rows_.begin(), rows_.end());
  const auto key_of = [&](const SocketRow& r) -> SortKey {
    if (request.order == SocketOrder::Foreign)
      return ascending(r.foreign.address, descending(r.id));
    if (request.order == SocketOrder::State) return {letters_of(r.state), descending(r.id), 0};
    if (request.order == SocketOrder::Process) return {r.pid, descending(r.id), 0};
    return {descending(r.id), 0, 0};
  };
  const auto text_of = [&](const SocketRow& r, RowText& out) {
    fill_row(out, r, lookup);
    out += fmt::format("{} {} {} {} {} {} {} {}", r.user, endpoint_text(r.local), foreign_text(r),
                       r.state, r.pid, r.exe, r.cmdline, lookup.about(r.foreign.address).name);
  };
  for (const std::uint32_t i : select_rows(
           std::span<const SocketRow>(rows), request, page.of,
           [](const SocketRow&) { return true; }, key_of, text_of)) {
    page.table.rows.push_back(cells(rows[i], request, lookup));
    page.targets.push_back({.host = rows[i].foreign.address,
                            .peer = {},
                            .port = {},
                            .connection = ConnectionKey::of({rows[i].local, rows[i].foreign})});
  }
  page.table.key = "netstat";
  page.table.title = fmt::format("{} {} listed", with_separators(count_),
                                 count_ == 1 ? "connection" : "connections");
  if (!request.requested.processes && count_ != 0)
    page.table.note = "--process, or --view netstat, shows PID and Exe.";
  static constexpr std::array<SortColumns, SocketOrder::kNames.size()> kSortColumns{
      {{{"time"}}, {{"foreign"}, false}, {{"state"}, false}, {{"pid"}, false}}};
  mark_sort(page.table, request, kSortColumns[request.order % kSortColumns.size()]);
  // Time, PID and Exe matter most, then the command line.
  page.table.columns = {{"time", "Time", Align::Left},
                        {"proto", "Proto", Align::Left, 7},
                        {"id", "ID", Align::Right, 8},
                        {"user", "User", Align::Left, 4, true, false, 8},
                        {"local", "Local-Address", Align::Left, -1, true, false, 21},
                        {"foreign", "Foreign-Address", Align::Left, -1, true, false, 21},
                        {"name", "Name", Align::Left, 3, true, true, 10},
                        {"state", "State", Align::Left, -1},
                        {"pid", "PID", Align::Right},
                        {"exe", "Exe", Align::Left, 0, true, false, 12},
                        {"cmdline", "Command-Line", Align::Left, 2, true, true, 12}};
  keep_requested_columns(page.table, request);
  return page;
}

/// Returns the line without a newline. If a name was requested and is known, it replaces the
/// foreign address.
std::string NetstatView::narrow_line(const SocketRow& row, const std::string& pid,
                                     const ViewRequest& request, Lookup& lookup) const {
  const auto safe = [&](std::string_view text) { return shown_or_dash(text, request.unicode); };
  const std::string clock = format_time_of_day(row.time, request.zone).substr(0, 8);
  std::string foreign = foreign_text(row);
  if (request.requested.names && !row.listening) {
    if (const std::string name = host_name_text(lookup.about(row.foreign.address)); !name.empty())
      foreign = fmt::format("{}:{}", safe(name), row.foreign.port);
  }
  foreign = cut_middle(foreign, kNarrowEndpoint, request.unicode);
  const std::string exe = safe(row.exe.substr(row.exe.find_last_of('/') + 1));
  if (request.requested.command_lines) {
    return columns(kNarrowCommandLine, clock, pid, row.state, fmt::format(":{}", row.local.port),
                   foreign, row.cmdline.empty() ? exe : safe(row.cmdline));
  }
  return columns(kNarrowLine, clock, pid, cut_middle(exe, kNarrowExe, request.unicode), row.state,
                 cut_middle(endpoint_text(row.local), kNarrowEndpoint, request.unicode), foreign);
}

std::string NetstatView::line(const SocketRow& row, const ViewRequest& request,
                              Lookup& lookup) const {
  const auto safe = [&](std::string_view text) { return shown_or_dash(text, request.unicode); };
  const std::string pid = row.pid == 0 ? "-" : std::to_string(row.pid);
  if (is_narrow(request)) {
    return cut_end(narrow_line(row, pid, request, lookup), request.width, request.unicode);
  }
  const std::string moment = moment_text(row.time, request.zone), id = std::to_string(row.id);
  const std::string_view proto = proto_text(row);
  const std::string user = safe(row.user), exe = safe(row.exe);
  const std::string local = endpoint_text(row.local), foreign = foreign_text(row);
  if (!request.requested.names) {
    return columns(kLine, moment, proto, id, user, local, foreign, row.state, pid, exe,
                   safe(row.cmdline));
  }
  const std::string name =
      safe(row.listening ? "" : host_name_text(lookup.about(row.foreign.address)));
  return columns(kLineWithName, moment, proto, id, user, local, foreign, name, row.state, pid, exe,
                 safe(row.cmdline));
}

/// The titles of the columns of line().
std::string NetstatView::head(const ViewRequest& request) {
  if (!is_narrow(request)) {
    return request.requested.names
               ? columns(kLineWithName, "Time", "Proto", "ID", "User", "Local-Address",
                         "Foreign-Address", "Name", "State", "PID", "Exe", "Command-Line")
               : columns(kLine, "Time", "Proto", "ID", "User", "Local-Address", "Foreign-Address",
                         "State", "PID", "Exe", "Command-Line");
  }
  const std::string narrow =
      request.requested.command_lines
          ? columns(kNarrowCommandLine, "Time", "PID", "State", "Local", "Foreign-Address",
                    "Command-Line")
          : columns(kNarrowLine, "Time", "PID", "Exe", "State", "Local-Address", "Foreign-Address");
  return cut_end(narrow, request.width, request.unicode);
}

void NetstatView::print_new(std::string& out, const ViewRequest& request, Lookup& lookup) {
  if (printed_ == 0 && count_ != 0) out += head(request) + '\n';
  const std::uint64_t missing = std::min<std::uint64_t>(count_ - printed_, rows_.size());
  for (auto row = rows_.end() - static_cast<std::ptrdiff_t>(missing); row != rows_.end(); ++row)
    out += line(*row, request, lookup) + '\n';
  printed_ = count_;
}

}  // namespace synfin
