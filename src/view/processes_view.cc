// See processes_view.h.
#include "view/processes_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "synfin/report/format.h"
#include "view/select_rows.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxTexts = 32'768;
constexpr std::size_t kMaxText = 255;  ///< bytes kept of a name

struct ProcessOrder {
  static constexpr std::array<std::string_view, 5> kNames{"bytes", "open", "connects", "failed",
                                                          "name"};
  enum : std::size_t { Bytes, Open, Connects, Failed, Name };
};

constexpr std::array<std::string_view, kProcessGroups> kGroupNames{"program", "executable", "user",
                                                                   "unit"};

ProcessGroup group_of(const ViewRequest& request) {
  return static_cast<ProcessGroup>(request.group % kProcessGroups);
}

/// Empty for 0, as sparse_cell().
Cell sparse_size_cell(std::uint64_t bytes) { return bytes == 0 ? Cell{"", "0"} : size_cell(bytes); }

std::uint64_t saturating_subtract(std::uint64_t a, std::uint64_t b) { return a - std::min(a, b); }

/// Payload that a socket has sent and had acknowledged, and has received. The kernel counts a SYN
/// and a FIN as a byte each (tcp(7), RFC 9293 §3.4).
struct Payload {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
};

Payload payload_of(const SocketInfo& socket, bool at_orig) {
  const SocketState s = socket.state;
  const bool fin_acked = s == SocketState::FinWait2;
  const bool fin_received =
      s == SocketState::CloseWait || s == SocketState::LastAck || s == SocketState::Closing;
  return {saturating_subtract(socket.traffic->bytes_acked,
                              std::uint64_t{at_orig} + std::uint64_t{fin_acked}),
          saturating_subtract(socket.traffic->bytes_received, std::uint64_t{fin_received})};
}

}  // namespace

void ProcessesView::Totals::add(const Totals& more) {
  open += more.open;
  connects += more.connects;
  accepts += more.accepts;
  failed += more.failed;
  in += more.in;
  out += more.out;
  in_rate += more.in_rate;
  out_rate += more.out_rate;
}

void ProcessesView::Totals::remove(const Totals& less) {
  open -= less.open;
  connects -= less.connects;
  accepts -= less.accepts;
  failed -= less.failed;
  in -= less.in;
  out -= less.out;
}

ProcessesView::ProcessesView() : texts_(kMaxTexts), programs_(1) {}

/// 0 if nothing is known of the end, or the table is full.
ProcessesView::ProgramNumber ProcessesView::program_of(const EndpointAnnotations& end) {
  if (end.pid == 0 && end.exe.empty() && end.user.empty()) return 0;
  Program wanted;
  wanted.exe = texts_.number_of(end.exe.substr(0, kMaxText));
  wanted.user = texts_.number_of(end.user.substr(0, kMaxText));
  wanted.unit = texts_.number_of(end.unit.substr(0, kMaxText));
  auto& candidates = numbers_[std::uint64_t{wanted.exe} << 32 | wanted.user];
  for (const ProgramNumber number : candidates) {
    if (programs_[number].unit == wanted.unit) return number;
  }
  if (programs_.size() > kMaxPrograms) return 0;
  programs_.push_back(wanted);
  candidates.push_back(static_cast<ProgramNumber>(programs_.size() - 1));
  return candidates.back();
}

ProcessesView::Totals ProcessesView::share_of(const Counted& c, bool at_orig) {
  Totals share;
  share.open = c.open;
  if (at_orig) {
    share.connects = is_attempt(c.outcome);
    share.failed = is_failure(c.outcome);
  } else {
    share.accepts = is_established(c.outcome);
  }
  share.out = at_orig ? c.orig_bytes : c.resp_bytes;
  share.in = at_orig ? c.resp_bytes : c.orig_bytes;
  return share;
}

void ProcessesView::count(const Counted& counted) {
  programs_[counted.orig].totals.add(share_of(counted, true));
  programs_[counted.resp].totals.add(share_of(counted, false));
}

void ProcessesView::uncount(const Counted& counted) {
  programs_[counted.orig].totals.remove(share_of(counted, true));
  programs_[counted.resp].totals.remove(share_of(counted, false));
}

/// A program is often known only some events after the connection's first. The counts are then
/// reverted and added again for that program.
void ProcessesView::observe(const ConnectionChange& change) {
  if (change.after == Outcome::Backscatter) return;
  const ConnectionRecord& r = change.connection();
  const ConnectionId id{ConnectionKey::of(r.tuple), r.first};
  const auto at = connections_.find(id);
  const bool known = at != connections_.end();
  Counted before;
  if (known) {
    before = at->second;
    uncount(before);
  }
  if (!change.after) {  // its ends have swapped roles
    if (known) connections_.erase(at);
    return;
  }
  Counted now;
  now.orig = program_of(change.about.orig);
  now.resp = program_of(change.about.resp);
  if (now.orig == 0) now.orig = before.orig;
  if (now.resp == 0) now.resp = before.resp;
  if (now.orig == 0 && now.resp == 0) return;
  now.outcome = *change.after;
  now.open = is_alive(change.phase_after);  // also with its record, if the input has ended
  now.orig_is_low = r.tuple.orig == id.key.low;
  now.orig_bytes = r.orig.bytes;
  now.resp_bytes = r.resp.bytes;
  if (change.is_last()) {
    if (known) connections_.erase(at);
    return count(now);
  }
  if (known) {
    at->second = now;
  } else if (connections_.size() < kMaxConnections) {
    connections_.emplace(id, now);
  } else {
    return;  // it is counted with its record
  }
  count(now);
}

std::span<const std::string_view> ProcessesView::orders() const { return ProcessOrder::kNames; }

/// The totals of open connections that only the kernel knows, by program.
std::vector<ProcessesView::Totals> ProcessesView::live_totals(const ViewRequest& request) const {
  std::vector<Totals> live(programs_.size());
  if (request.host == nullptr) return live;
  for (const HostSocket& s : request.host->sockets) {
    if (!s.traffic) continue;
    const ConnectionKey key = ConnectionKey::of({s.local, s.remote});
    auto after = connections_.upper_bound({key, Timestamp::max()});
    if (after == connections_.begin() || (--after)->first.key != key) continue;
    const Counted& c = after->second;
    if (!c.open) continue;
    const bool at_orig = (s.local == key.low) == c.orig_is_low;
    Totals& totals = live[at_orig ? c.orig : c.resp];
    const Totals counted = share_of(c, at_orig);
    const Payload payload = payload_of(s, at_orig);
    totals.out += saturating_subtract(payload.sent, counted.out);
    totals.in += saturating_subtract(payload.received, counted.in);
    totals.out_rate += s.sent_rate.value_or(0);
    totals.in_rate += s.received_rate.value_or(0);
  }
  return live;
}

std::vector<ProcessesView::Row> ProcessesView::rows(const ViewRequest& request) const {
  const std::vector<Totals> live = live_totals(request);
  const ProcessGroup group = group_of(request);
  std::map<std::array<std::uint32_t, 3>, std::size_t> places;
  std::vector<Row> rows;
  for (std::size_t number = 1; number < programs_.size(); ++number) {
    const Program& p = programs_[number];
    std::array<std::uint32_t, 3> key{p.exe, p.user, p.unit};
    if (group == ProcessGroup::Executable) key = {p.exe, 0, 0};
    if (group == ProcessGroup::User) key = {0, p.user, 0};
    if (group == ProcessGroup::Unit) key = {0, 0, p.unit};
    const auto [at, fresh] = places.try_emplace(key, rows.size());
    if (fresh) {
      rows.emplace_back().program = {p.exe, p.user, p.unit, {}};
    }
    Row& row = rows[at->second];
    row.several_exes = row.several_exes || row.program.exe != p.exe;
    row.several_users = row.several_users || row.program.user != p.user;
    row.several_units = row.several_units || row.program.unit != p.unit;
    row.program.totals.add(p.totals);
    row.program.totals.add(live[number]);
  }
  return rows;
}

Cell ProcessesView::name_cell(std::uint32_t number, bool several, std::string_view many) const {
  return several ? Cell{std::string{many}, "", Tone::Dim} : text_cell(texts_.text(number));
}

std::vector<Cell> ProcessesView::cells(const Row& row) const {
  const Totals& t = row.program.totals;
  return {name_cell(row.program.exe, row.several_exes, "several"),
          name_cell(row.program.user, row.several_users, "several"),
          name_cell(row.program.unit, row.several_units, "several"),
          sparse_cell(t.open, Tone::Good),
          sparse_cell(t.connects),
          sparse_cell(t.accepts),
          sparse_cell(t.failed, Tone::Bad),
          sparse_size_cell(t.in),
          sparse_size_cell(t.out),
          sparse_size_cell(t.in_rate),
          sparse_size_cell(t.out_rate)};
}

ViewPage ProcessesView::page(const ViewRequest& request, Lookup&) const {
  ViewPage page;
  std::vector<Row> rows = this->rows(request);
  const ProcessGroup group = group_of(request);
  const auto name_of = [&](const Row& row) -> const std::string& {
    const Program& p = row.program;
    return texts_.text(group == ProcessGroup::User   ? p.user
                       : group == ProcessGroup::Unit ? p.unit
                                                     : p.exe);
  };
  if (request.order == ProcessOrder::Name) {
    std::stable_sort(rows.begin(), rows.end(),
                     [&](const Row& a, const Row& b) { return name_of(a) < name_of(b); });
  }
  const auto key_of = [&](const Row& row) -> SortKey {
    const Totals& t = row.program.totals;
    if (request.order == ProcessOrder::Name) return {};  // equal keys keep the order
    if (request.order == ProcessOrder::Open) return {descending(t.open), descending(t.connects), 0};
    if (request.order == ProcessOrder::Connects) return {descending(t.connects + t.accepts), 0, 0};
    if (request.order == ProcessOrder::Failed)
      return {descending(t.failed), descending(t.connects), 0};
    return {descending(t.in + t.out), descending(t.open), descending(t.connects + t.accepts)};
  };
  const auto text_of = [&](const Row& row, RowText& out) {
    for (const Cell& cell : cells(row)) out += cell.text + ' ';
    const Program& p = row.program;
    if (!row.several_exes) out.about.orig.exe = texts_.text(p.exe);
    if (!row.several_users) out.about.orig.user = texts_.text(p.user);
    if (!row.several_units) out.about.orig.unit = texts_.text(p.unit);
  };
  const auto shown = [](const Row&) { return true; };
  for (const std::uint32_t i :
       select_rows(std::span<const Row>(rows), request, page.of, shown, key_of, text_of)) {
    page.table.rows.push_back(cells(rows[i]));
    page.targets.emplace_back().process =
        rows[i].several_exes ? "" : texts_.text(rows[i].program.exe);
  }
  page.table.key = "processes";
  page.table.title =
      fmt::format("{} {}{}", with_separators(page.of), kGroupNames[static_cast<std::size_t>(group)],
                  page.of == 1 ? "" : "s");
  if (rows.empty()) {
    page.table.note =
        "Processes are known of a live capture's own host only, with --process, and from its logs.";
  }
  static constexpr std::array<SortColumns, ProcessOrder::kNames.size()> kSortColumns{
      {{{"bytes_in", "bytes_out"}},
       {{"open"}},
       {{"connects", "accepts"}},
       {{"failed"}},
       {{"exe"}, false}}};
  mark_sort(page.table, request, kSortColumns[request.order % kSortColumns.size()]);
  page.table.columns = {{"exe", "Process", Align::Left, -1, true, false, 16},
                        {"user", "User", Align::Left, 0, true, false, 8},
                        {"unit", "Unit", Align::Left, 2, true, false, 12},
                        {"open", "Open", Align::Right, -1},
                        {"connects", "Connects", Align::Right},
                        {"accepts", "Accepts", Align::Right, 4},
                        {"failed", "Failed", Align::Right},
                        {"bytes_in", "In", Align::Right},
                        {"bytes_out", "Out", Align::Right},
                        {"in_rate", "In/s", Align::Right, 5},
                        {"out_rate", "Out/s", Align::Right, 5}};
  return page;
}

}  // namespace synfin
