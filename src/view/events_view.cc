// See events_view.h.
#include "synfin/view/events_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "synfin/filter/show_expression.h"
#include "synfin/report/format.h"
#include "view/event_cause.h"
#include "view/open_facts.h"
#include "view/select_rows.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxDetailEvents = 1'000;
constexpr std::size_t kMaxDetailProcesses = 8;
/// On narrower terminals, times have no fraction.
constexpr std::size_t kMinWidthForFractions = 100;

constexpr std::array<std::string_view, 1> kEventOrders{"latest"};

Tone tone_of(EventKind kind) {
  switch (kind) {
    case EventKind::Open:
      return Tone::Good;
    case EventKind::Syn:
    case EventKind::Midstream:
      return Tone::Accent;
    case EventKind::Fin:
      return Tone::Dim;
    default:
      return Tone::Bad;
  }
}

void append_text(std::string& out, const Event& event) {
  const FiveTuple& t = event.connection.tuple;
  append_address(out, t.orig.address);
  append_address(out, t.resp.address);
  out += fmt::format("{} {} {} {} {}", t.orig.port, t.resp.port, to_string(event.kind),
                     to_string(event.connection.state), to_string(event.connection.outcome));
}

bool concerns(const Event& event, const RowTarget& target) {
  const FiveTuple& t = event.connection.tuple;
  if (target.connection) return ConnectionKey::of(t) == *target.connection;
  if (target.port && t.resp.port != *target.port) return false;
  const auto has = [&t](const Address& a) { return t.orig.address == a || t.resp.address == a; };
  return has(target.host) && (!target.peer || has(*target.peer));
}

/// True if `process`, such as "4711 /usr/bin/curl alice", runs `exe`.
bool runs(std::string_view process, std::string_view exe) {
  const std::size_t begin = process.find(' ') + 1;
  return process.substr(begin, process.rfind(' ') - begin) == exe;
}

/// "14:30:16.123", or without the fraction if space is short.
std::string clock_text(Timestamp t, const ViewRequest& request) {
  const bool narrow = request.width != 0 && request.width < kMinWidthForFractions;
  return format_time_of_day(t, request.zone).substr(0, narrow ? 8 : 12);
}

/// "4711/curl" of "4711 /usr/bin/curl alice".
std::string short_process(std::string_view process) {
  const std::size_t pid = process.find(' ');
  const std::size_t user = process.rfind(' ');
  if (pid == process.npos || user <= pid) return std::string{process};
  const std::string_view exe = process.substr(pid + 1, user - pid - 1);
  return fmt::format("{}/{}", process.substr(0, pid), exe.substr(exe.rfind('/') + 1));
}

/// True if the connection is open after `event`, its last one.
bool is_open(const Event& event) {
  const bool opened =
      event.connection.outcome == Outcome::Open || event.connection.outcome == Outcome::Midstream;
  return opened && (event.kind == EventKind::Open || event.kind == EventKind::Midstream ||
                    event.kind == EventKind::Fin);
}

std::string closed_by_text(Side side) {
  if (side == Side::None) return {};
  return side == Side::Orig ? "the originator" : "the responder";
}

}  // namespace

EventsView::EventsView() : processes_(kMaxProcessesShown) {}

std::uint32_t EventsView::process_of(const EndpointAnnotations& end) {
  if (end.pid == 0 && end.user.empty()) return 0;
  return processes_.number_of(fmt::format("{} {} {}", end.pid, end.exe, end.user));
}

void EventsView::observe(const ConnectionChange& change) {
  if (change.is_last() || !change.after) return;
  StoredEvent stored{change.event, process_of(change.about.orig), process_of(change.about.resp)};
  if (ring_.size() < kMaxEvents) {
    ring_.push_back(stored);
  } else {
    ring_[count_ % kMaxEvents] = stored;
  }
  ++count_;
}

std::span<const std::string_view> EventsView::orders() const { return kEventOrders; }

std::vector<Cell> EventsView::cells(const StoredEvent& stored, const ViewRequest& request,
                                    Lookup& lookup) const {
  const Event& e = stored.event;
  const FiveTuple& t = e.connection.tuple;
  const std::vector<std::string> phrases = event_phrases(e, request.unicode);
  const std::string further = fmt::format(
      "{}", fmt::join(phrases.begin() + (phrases.empty() ? 0 : 1), phrases.end(), "  "));
  return {text_cell(clock_text(e.time, request)),
          text_cell(to_string(e.kind), tone_of(e.kind)),
          text_cell(to_string(e.connection.state)),
          text_cell(endpoint_text(t.orig)),
          text_cell(request.unicode ? "→" : "->", Tone::Dim),
          text_cell(endpoint_text(t.resp)),
          text_cell(phrases.empty() ? std::string{} : phrases.front()),
          text_cell(short_process(processes_.text(stored.orig_process != 0 ? stored.orig_process
                                                                           : stored.resp_process))),
          text_cell(further),
          text_cell(lookup.port_name(t.resp.port), Tone::Dim),
          host_name_cell(lookup.about(t.orig.address)),
          host_name_cell(lookup.about(t.resp.address))};
}

Table EventsView::events_table(const std::vector<const StoredEvent*>& events,
                               const ViewRequest& request, Lookup& lookup) const {
  Table table;
  table.key = "events";
  table.columns = {{"time", "Time", Align::Left, 1},
                   {"event", "Event", Align::Left, -1},
                   {"conn_state", "State", Align::Left, 1},
                   {"orig", "Originator", Align::Left, -1, true, false, 21},
                   {"arrow", "", Align::Left, 6},
                   {"resp", "Responder", Align::Left, -1, true, false, 21},
                   {"cause", "Cause", Align::Left, 0, true, true, 12},
                   {"program", "Process", Align::Left, 2, true, true, 10},
                   {"detail", "Times and bytes", Align::Left, 3, true, true, 20},
                   {"port_name", "Port", Align::Left, 4},
                   {"orig_name", "Originator's name", Align::Left, 5, true, false, 10},
                   {"resp_name", "Responder's name", Align::Left, 5, true, false, 10}};
  keep_requested_columns(table, request);
  static constexpr SortColumns kByTime{{"time"}, true};
  mark_sort(table, request, kByTime);
  for (const StoredEvent* stored : events) table.rows.push_back(cells(*stored, request, lookup));
  return table;
}

/// Fills in the properties of an event with which a typed filter compares.
void EventsView::fill_row(RowText& out, const StoredEvent& stored, Lookup& lookup) const {
  const ConnectionRecord& r = stored.event.connection;
  ShowSubject& s = out.about;
  append_text(out, stored.event);
  out.fill(s.orig, r.tuple.orig.address, lookup.about(r.tuple.orig.address));
  out.fill(s.resp, r.tuple.resp.address, lookup.about(r.tuple.resp.address));
  s.port_name = out.keep(std::string{lookup.port_name(r.tuple.resp.port)});
  out += fmt::format(" {} {} {}", s.orig.name, s.resp.name, s.port_name);
  s.orig.port = r.tuple.orig.port;
  s.resp.port = r.tuple.resp.port;
  out.fill_process(s.orig, processes_.text(stored.orig_process));
  out.fill_process(s.resp, processes_.text(stored.resp_process));
  s.proto = to_string(r.tuple.transport);
  s.states = {to_string(r.state), to_string(r.outcome), to_string(stored.event.kind), {}};
  s.outcomes = s.states[1];
}

ViewPage EventsView::page(const ViewRequest& request, Lookup& lookup) const {
  ViewPage page;
  std::vector<const StoredEvent*> shown;
  RowText text;
  for (std::size_t n = 0; n < size(); ++n) {
    const StoredEvent& stored = latest(request.reversed ? size() - 1 - n : n);
    const bool filtered =
        !request.filter.empty() || (request.show != nullptr && !request.show->empty());
    if (filtered) {
      text.reset();
      fill_row(text, stored, lookup);
      if (!is_wanted(request, text)) continue;
    } else if (shown.size() == request.count) {
      page.of = size();
      break;
    }
    if (page.of++ >= request.first && shown.size() < request.count) shown.push_back(&stored);
  }
  page.table = events_table(shown, request, lookup);
  page.table.title = fmt::format("{} events", with_separators(count_));
  for (const StoredEvent* stored : shown) {
    page.targets.push_back({.host = stored->event.connection.tuple.orig.address,
                            .peer = {},
                            .port = {},
                            .connection = ConnectionKey::of(stored->event.connection.tuple)});
  }
  return page;
}

void EventsView::add_end(Table& properties, std::string_view role, const Endpoint& end,
                         std::uint32_t process, Lookup& lookup) const {
  const EndpointAnnotations about = lookup.about(end.address);
  std::string text = endpoint_text(end);
  for (const Cell& cell : about_cells(about)) {
    if (!cell.text.empty()) text += "  " + cell.text;
  }
  properties.rows.push_back({text_cell(role, Tone::Dim), text_cell(text, Tone::Strong)});
  if (process != 0)
    properties.rows.push_back({text_cell(fmt::format("  process of {}", role), Tone::Dim),
                               text_cell(processes_.text(process))});
}

Table EventsView::connection_properties(const StoredEvent& last, const ViewRequest& request,
                                        Lookup& lookup) const {
  const ConnectionRecord& r = last.event.connection;
  Table properties;
  properties.key = "connection";
  properties.columns = {{"what", "", Align::Left}, {"value", "", Align::Left, 0, true}};
  const auto add = [&](std::string_view what, const std::string& value) {
    if (!value.empty()) properties.rows.push_back({text_cell(what, Tone::Dim), text_cell(value)});
  };
  add_end(properties, "originator", r.tuple.orig, last.orig_process, lookup);
  add_end(properties, "responder", r.tuple.resp, last.resp_process, lookup);
  add("service", std::string{lookup.port_name(r.tuple.resp.port)});
  add("began", format_moment(r.first, request.zone));
  if (is_open(last.event)) {
    const Timestamp now = std::max(request.now, r.last);
    add("open for", format_human(std::max(saturating_sub(now, r.first), Duration{})));
  } else {
    add("lasted", format_human(r.duration()));
  }
  add("state", fmt::format("{}: {}", to_string(r.state), state_words(r.state)));
  for (const Fact& fact : open_facts(r.tuple, request)) add(fact.name, fact.value);
  add("outcome", fmt::format("{}: {}", to_string(r.outcome), outcome_words(r.outcome)));
  add("cause", describe_cause(last.event));
  add("closed by", closed_by_text(r.closed_by));
  add("history", std::string{r.history.view()});
  if (r.synack_rtt != kNoDuration) add("SYN-ACK after", format_human(r.synack_rtt));
  if (r.syn_retries != 0) add("SYN retries", std::to_string(r.syn_retries));
  if (r.bytes_basis != BytesBasis::None) {
    add("bytes",
        fmt::format("{}{} sent, {} received (by {})", bytes_bound(r), binary_size(r.orig.bytes),
                    binary_size(r.resp.bytes), to_string(r.bytes_basis)));
  }
  return properties;
}

Table EventsView::host_properties(const RowTarget& target,
                                  const std::vector<const StoredEvent*>& events,
                                  const ViewRequest& request, Lookup& lookup) const {
  Table properties;
  properties.key = "host";
  properties.columns = {{"what", "", Align::Left}, {"value", "", Align::Left, 0, true}};
  const auto add = [&](std::string_view what, const std::string& value) {
    if (!value.empty()) properties.rows.push_back({text_cell(what, Tone::Dim), text_cell(value)});
  };
  const auto name = [&](const Address& address) {
    std::string text = address.to_string();
    for (const Cell& cell : about_cells(lookup.about(address))) {
      if (!cell.text.empty()) text += "  " + cell.text;
    }
    return text;
  };
  add("program", target.process);
  if (target.process.empty()) add("host", name(target.host));
  if (target.peer) add("peer", name(*target.peer));
  if (target.port) add("port", port_cell(*target.port, lookup).text);
  std::set<std::string> local, remote;
  std::uint64_t opened = 0, failed = 0;
  const auto collect = [&](std::set<std::string>& into, std::uint32_t process) {
    if (process != 0 && into.size() < kMaxDetailProcesses) into.insert(processes_.text(process));
  };
  for (const StoredEvent* stored : events) {
    const FiveTuple& t = stored->event.connection.tuple;
    opened += stored->event.kind == EventKind::Open;
    failed += is_failure(stored->event.connection.outcome) &&
              stored->event.kind != EventKind::Syn && stored->event.kind != EventKind::Retry;
    collect(t.orig.address == target.host ? local : remote, stored->orig_process);
    collect(t.resp.address == target.host ? local : remote, stored->resp_process);
  }
  const bool program = !target.process.empty();
  for (const std::string& process : local) add(program ? "process" : "process at host", process);
  for (const std::string& process : remote) add(program ? "process" : "process at peer", process);
  if (!events.empty()) add("since", format_moment(events.back()->event.time, request.zone));
  add("events stored", fmt::format("{}: {} opened, {} failed", with_separators(events.size()),
                                   with_separators(opened), with_separators(failed)));
  return properties;
}

Document EventsView::details(const RowTarget& target, const ViewRequest& request,
                             Lookup& lookup) const {
  std::vector<const StoredEvent*> events;
  const auto is_about = [&](const StoredEvent& stored) {
    if (target.process.empty()) return concerns(stored.event, target);
    return runs(processes_.text(stored.orig_process), target.process) ||
           runs(processes_.text(stored.resp_process), target.process);
  };
  for (std::size_t n = 0; n < size() && events.size() < kMaxDetailEvents; ++n) {
    if (is_about(latest(n))) events.push_back(&latest(n));
  }
  Document document;
  document.title = target.connection        ? "One connection"
                   : target.peer            ? "One pair"
                   : target.process.empty() ? "One host"
                                            : "One program";
  const bool one = target.connection && !events.empty();
  document.tables.push_back(one ? connection_properties(*events.front(), request, lookup)
                                : host_properties(target, events, request, lookup));
  std::reverse(events.begin(), events.end());
  document.tables.push_back(events_table(events, request, lookup));
  document.tables.back().title = "Events";
  document.tables.back().sort_keys = {};
  if (events.empty())
    document.tables.back().note = "None of the events that are stored is about it.";
  return document;
}

}  // namespace synfin
