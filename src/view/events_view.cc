// See events_view.h.
#include "synfin/view/events_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "synfin/report/format.h"
#include "view/event_cause.h"
#include "view/open_facts.h"
#include "view/select_rows.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxProcesses = 16'384;
constexpr std::size_t kDetailEvents = 1'000;

constexpr std::array<std::string_view, 1> kOrders{"latest"};

Tone tone_of(EventKind kind) {
  switch (kind) {
    case EventKind::Open:
      return Tone::Good;
    case EventKind::Syn:
    case EventKind::Midstream:
      return Tone::Accent;
    case EventKind::Fin:
    case EventKind::Close:
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

bool concerns(const Event& event, const Subject& subject) {
  const FiveTuple& t = event.connection.tuple;
  if (subject.connection) return ConnectionKey::of(t) == *subject.connection;
  if (subject.port && t.resp.port != *subject.port) return false;
  const auto has = [&t](const Address& a) { return t.orig.address == a || t.resp.address == a; };
  return has(subject.host) && (!subject.peer || has(*subject.peer));
}

/// Whether `process`, as "4711 /usr/bin/curl alice", runs `exe`.
bool runs(std::string_view process, std::string_view exe) {
  const std::size_t begin = process.find(' ') + 1;
  return process.substr(begin, process.rfind(' ') - begin) == exe;
}

std::string clock_text(Timestamp t, Zone zone) { return format_time_of_day(t, zone).substr(0, 12); }

std::string closed_by_words(Side side) {
  if (side == Side::None) return {};
  return side == Side::Orig ? "the originator" : "the responder";
}

}  // namespace

EventsView::EventsView() : processes_(kMaxProcesses) {}

std::uint32_t EventsView::process_of(const EndpointAnnotations& end) {
  if (end.pid == 0 && end.user.empty()) return 0;
  return processes_.number_of(fmt::format("{} {} {}", end.pid, end.exe, end.user));
}

void EventsView::observe(const Change& change) {
  if (change.is_last() || !change.after) return;
  Kept kept{change.event, process_of(change.about.orig), process_of(change.about.resp)};
  if (ring_.size() < kKept) {
    ring_.push_back(kept);
  } else {
    ring_[count_ % kKept] = kept;
  }
  ++count_;
}

std::span<const std::string_view> EventsView::orders() const { return kOrders; }

std::vector<Cell> EventsView::cells(const Kept& kept, const ViewRequest& request,
                                    Lookup& lookup) const {
  const Event& e = kept.event;
  const FiveTuple& t = e.connection.tuple;
  return {text_cell(clock_text(e.time, request.zone)),
          text_cell(to_string(e.kind), tone_of(e.kind)),
          text_cell(endpoint_text(t.orig)),
          text_cell(request.unicode ? "→" : "->", Tone::Dim),
          text_cell(endpoint_text(t.resp)),
          text_cell(lookup.port_name(t.resp.port), Tone::Dim),
          text_cell(to_string(e.connection.state)),
          text_cell(describe_event(e, request.unicode)),
          text_cell(lookup.about(t.orig.address).name),
          text_cell(lookup.about(t.resp.address).name)};
}

Table EventsView::events_table(const std::vector<const Kept*>& events, const ViewRequest& request,
                               Lookup& lookup) const {
  Table table;
  table.key = "events";
  table.columns = {{"time", "Time", Align::Left},
                   {"event", "Event", Align::Left},
                   {"orig", "Originator", Align::Left, 0, true},
                   {"arrow", "", Align::Left, 6},
                   {"resp", "Responder", Align::Left, 0, true},
                   {"port_name", "Port", Align::Left, 4},
                   {"conn_state", "State", Align::Left, 3},
                   {"detail", "What", Align::Left, 0, true, true},
                   {"orig_name", "Originator's name", Align::Left, 5, true},
                   {"resp_name", "Responder's name", Align::Left, 5, true}};
  for (const Kept* kept : events) table.rows.push_back(cells(*kept, request, lookup));
  return table;
}

void EventsView::fill_text(RowText& out, const Kept& kept, Lookup& lookup) const {
  const ConnectionRecord& r = kept.event.connection;
  ShowSubject& s = out.about;
  append_text(out, kept.event);
  out.fill(s.orig, r.tuple.orig.address, lookup.about(r.tuple.orig.address));
  out.fill(s.resp, r.tuple.resp.address, lookup.about(r.tuple.resp.address));
  out += fmt::format(" {} {} {}", s.orig.name, s.resp.name, lookup.port_name(r.tuple.resp.port));
  s.orig.port = r.tuple.orig.port;
  s.resp.port = r.tuple.resp.port;
  out.fill_process(s.orig, processes_.text(kept.orig_process));
  out.fill_process(s.resp, processes_.text(kept.resp_process));
  s.port_name = out.keep(std::string{lookup.port_name(r.tuple.resp.port)});
  s.proto = "tcp";
  s.states = {to_string(r.state), to_string(r.outcome), to_string(kept.event.kind), {}};
  s.outcomes = s.states[1];
}

ViewPage EventsView::page(const ViewRequest& request, Lookup& lookup) const {
  ViewPage page;
  std::vector<const Kept*> shown;
  RowText text;
  for (std::size_t n = 0; n < size(); ++n) {
    const Kept& kept = latest(n);
    if (!request.filter.empty() || request.show != nullptr) {
      text.reset();
      fill_text(text, kept, lookup);
      if (!is_wanted(request, text)) continue;
    } else if (shown.size() == request.count) {
      page.of = size();
      break;
    }
    if (page.of++ >= request.first && shown.size() < request.count) shown.push_back(&kept);
  }
  page.table = events_table(shown, request, lookup);
  page.table.title = fmt::format("{} events", with_separators(count_));
  for (const Kept* kept : shown) {
    page.subjects.push_back({.host = kept->event.connection.tuple.orig.address,
                             .peer = {},
                             .port = {},
                             .connection = ConnectionKey::of(kept->event.connection.tuple)});
  }
  return page;
}

void EventsView::add_end(Table& facts, std::string_view what, const Endpoint& end,
                         std::uint32_t process, Lookup& lookup) const {
  const EndpointAnnotations about = lookup.about(end.address);
  std::string text = endpoint_text(end);
  for (const Cell& cell : about_cells(about)) {
    if (!cell.text.empty()) text += "  " + cell.text;
  }
  facts.rows.push_back({text_cell(what, Tone::Dim), text_cell(text, Tone::Strong)});
  if (process != 0)
    facts.rows.push_back(
        {text_cell("  its process", Tone::Dim), text_cell(processes_.text(process))});
}

Table EventsView::connection_facts(const Kept& last, const ViewRequest& request,
                                   Lookup& lookup) const {
  const ConnectionRecord& r = last.event.connection;
  Table facts;
  facts.key = "connection";
  facts.columns = {{"what", "", Align::Left}, {"value", "", Align::Left, 0, true}};
  const auto add = [&](std::string_view what, const std::string& value) {
    if (!value.empty()) facts.rows.push_back({text_cell(what, Tone::Dim), text_cell(value)});
  };
  add_end(facts, "originator", r.tuple.orig, last.orig_process, lookup);
  add_end(facts, "responder", r.tuple.resp, last.resp_process, lookup);
  add("service", std::string{lookup.port_name(r.tuple.resp.port)});
  add("began", moment_text(r.first, request.zone));
  add("lasted", format_human(r.duration()));
  add("state", fmt::format("{}: {}", to_string(r.state), state_words(r.state)));
  for (const Fact& fact : open_facts(r.tuple, request)) add(fact.name, fact.value);
  add("outcome", fmt::format("{}: {}", to_string(r.outcome), outcome_words(r.outcome)));
  add("cause", describe_event(last.event, request.unicode));
  add("closed by", closed_by_words(r.closed_by));
  add("history", std::string{r.history.view()});
  if (r.synack_rtt != kNoDuration) add("SYN-ACK after", format_human(r.synack_rtt));
  if (r.syn_retries != 0) add("SYN retries", std::to_string(r.syn_retries));
  if (r.bytes_basis != BytesBasis::None) {
    add("bytes", fmt::format("{} sent, {} received (by {})", binary_size(r.orig.bytes),
                             binary_size(r.resp.bytes), to_string(r.bytes_basis)));
  }
  return facts;
}

Table EventsView::host_facts(const Subject& subject, const std::vector<const Kept*>& events,
                             const ViewRequest& request, Lookup& lookup) const {
  Table facts;
  facts.key = "host";
  facts.columns = {{"what", "", Align::Left}, {"value", "", Align::Left, 0, true}};
  const auto add = [&](std::string_view what, const std::string& value) {
    if (!value.empty()) facts.rows.push_back({text_cell(what, Tone::Dim), text_cell(value)});
  };
  const auto name = [&](const Address& address) {
    std::string text = address.to_string();
    for (const Cell& cell : about_cells(lookup.about(address))) {
      if (!cell.text.empty()) text += "  " + cell.text;
    }
    return text;
  };
  add("program", subject.process);
  if (subject.process.empty()) add("host", name(subject.host));
  if (subject.peer) add("and", name(*subject.peer));
  if (subject.port) add("port", port_cell(*subject.port, lookup).text);
  std::set<std::string> processes;
  std::uint64_t opened = 0, failed = 0;
  for (const Kept* kept : events) {
    opened += kept->event.kind == EventKind::Open;
    failed += is_failure(kept->event.connection.outcome) && kept->event.kind != EventKind::Syn &&
              kept->event.kind != EventKind::Retry;
    for (const std::uint32_t p : {kept->orig_process, kept->resp_process}) {
      if (p != 0 && processes.size() < 8) processes.insert(processes_.text(p));
    }
  }
  for (const std::string& process : processes) add("process", process);
  if (!events.empty()) add("since", moment_text(events.back()->event.time, request.zone));
  add("events kept", fmt::format("{}: {} opened, {} failed", with_separators(events.size()),
                                 with_separators(opened), with_separators(failed)));
  return facts;
}

Document EventsView::details(const Subject& subject, const ViewRequest& request,
                             Lookup& lookup) const {
  std::vector<const Kept*> events;
  const auto is_about = [&](const Kept& kept) {
    if (subject.process.empty()) return concerns(kept.event, subject);
    return runs(processes_.text(kept.orig_process), subject.process) ||
           runs(processes_.text(kept.resp_process), subject.process);
  };
  for (std::size_t n = 0; n < size() && events.size() < kDetailEvents; ++n) {
    if (is_about(latest(n))) events.push_back(&latest(n));
  }
  Document document;
  document.title = subject.connection        ? "One connection"
                   : subject.peer            ? "One pair"
                   : subject.process.empty() ? "One host"
                                             : "One program";
  const bool one = subject.connection && !events.empty();
  document.tables.push_back(one ? connection_facts(*events.front(), request, lookup)
                                : host_facts(subject, events, request, lookup));
  std::reverse(events.begin(), events.end());
  document.tables.push_back(events_table(events, request, lookup));
  document.tables.back().title = "Events";
  if (events.empty()) document.tables.back().note = "None of the events that are kept is about it.";
  return document;
}

}  // namespace synfin
