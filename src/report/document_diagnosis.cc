// Tables that explain: failing attempts by cause, idle timers, ports that run out, shifts of
// handshake times, who hangs up. See document.h.
#include <fmt/format.h>

#include "synfin/report/document.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

template <typename Row>
std::string title_of(std::string_view what, const Ranked<Row>& ranked) {
  if (ranked.rows.size() == ranked.of) return std::string{what};
  return fmt::format("{} ({} of {})", what, with_separators(ranked.rows.size()),
                     with_separators(ranked.of));
}

Cell address_cell(const Address& a) { return text_cell(a.to_string()); }

class DiagnosisTables {
 public:
  DiagnosisTables(PortNames& ports, const RenderOptions& options)
      : ports_(ports), options_(options) {}

  Table failing(const SummaryData& d) const;
  Table idle_timers(const Hangups& h) const;
  Table pressure(const Hangups& h) const;
  Table shifts(const Handshakes& h) const;
  Table closers(const Hangups& h) const;
  Table handshakes(const Handshakes& h) const;

 private:
  std::vector<Cell> failing_row(const FailureRow& f) const;
  void add_failing_edges(Table& t, const SummaryData& d) const;
  void add_geo_info(Table& t, const std::vector<Address>& orig,
                    const std::vector<Address>& resp) const {
    insert_geo_info(t, 2, "resp_", resp, options_.book);
    insert_geo_info(t, 1, "orig_", orig, options_.book);
  }
  Cell begin_cell(Timestamp t) const { return time_cell(t, options_.zone); }

  PortNames& ports_;
  const RenderOptions& options_;
};

std::vector<Cell> DiagnosisTables::failing_row(const FailureRow& f) const {
  const std::string_view icmp = icmp_words(!f.service.address.is_v4(), f.icmp_type, f.icmp_code);
  const std::string_view words = f.cause == Cause::Unreachable ? icmp : cause_words(f.cause);
  Cell cause = text_cell(words);
  if (f.confidence == Confidence::Possible) cause.text += "?";
  cause.raw = to_string(f.cause);
  const std::string several =
      plural(f.clients, "client", "clients") + (f.network.empty() ? "" : " of " + f.network);
  return {f.clients > 1 ? text_cell(several) : address_cell(f.orig),
          address_cell(f.service.address),
          port_cell(f.service.port, ports_),
          count_cell(f.attempts, Tone::Bad),
          count_cell(f.of),
          cause,
          begin_cell(f.first),
          text_cell(f.evidence, Tone::Dim)};
}

/// For records from a log without causes.
void DiagnosisTables::add_failing_edges(Table& t, const SummaryData& d) const {
  for (const EdgeRow& e : d.failing.rows) {
    t.rows.push_back({address_cell(e.orig), address_cell(e.service.address),
                      port_cell(e.service.port, ports_), count_cell(e.outcomes.failed(), Tone::Bad),
                      count_cell(e.outcomes.attempts()), text_cell(cause_words(e)),
                      begin_cell(e.first), text_cell("")});
  }
  t.title = title_of("Failing", d.failing);
}

Table DiagnosisTables::failing(const SummaryData& d) const {
  Table t{.key = "failing",
          .title = title_of("Failing", d.failures),
          .note = {},
          .columns = {{"orig", "From", Align::Left, -1, true, false, 15},
                      {"resp", "To", Align::Left, -1, true, false, 15},
                      {"port", "Port", Align::Left, -1},
                      {"failed", "Failed", Align::Right, -1},
                      {"attempts", "Of", Align::Right},
                      {"cause", "Cause", Align::Left},
                      {"since", "Since", Align::Left, 3},
                      {"evidence", "Evidence", Align::Left, 2}},
          .rows = {}};
  std::vector<Address> orig;
  std::vector<Address> resp;
  for (const FailureRow& f : d.failures.rows) {
    t.rows.push_back(failing_row(f));
    orig.push_back(f.clients > 1 ? Address{} : f.orig);
    resp.push_back(f.service.address);
  }
  if (t.rows.empty()) {
    add_failing_edges(t, d);
    for (const EdgeRow& e : d.failing.rows) {
      orig.push_back(e.orig);
      resp.push_back(e.service.address);
    }
  }
  add_geo_info(t, orig, resp);
  return t;
}

Table DiagnosisTables::idle_timers(const Hangups& h) const {
  Table t{.key = "idle_timers",
          .title = "Idle timers",
          .note = "Connections were reset after the same silence, which chance does not explain.",
          .columns = {{"service", "To", Align::Left, -1, true, false, 15},
                      {"seconds", "Silence", Align::Right, -1},
                      {"plus_minus", "±", Align::Right},
                      {"resets", "Resets", Align::Right, -1},
                      {"idle_resets", "Of", Align::Right},
                      {"by_originator", "By originator", Align::Right, 2},
                      {"since", "Since", Align::Left, 1}},
          .rows = {}};
  for (const IdleTimerRow& r : h.idle_timers) {
    t.rows.push_back({text_cell(r.service ? endpoint_text(*r.service) : "several services"),
                      duration_cell(r.value), duration_cell(r.spread),
                      count_cell(r.resets, Tone::Bad), count_cell(r.idle_resets),
                      count_cell(r.by_originator), begin_cell(r.first)});
  }
  if (!options_.unicode) t.columns[2].title = "+/-";
  if (t.rows.empty()) t.note.clear();
  return t;
}

Table DiagnosisTables::pressure(const Hangups& h) const {
  Table t{.key = "port_pressure",
          .title = "Port pressure",
          .note =
              "A client has about 28,000 ports for one service, and each stays in TIME-WAIT for a "
              "minute or more.",
          .columns = {{"orig", "From", Align::Left, -1, true, false, 15},
                      {"resp", "To", Align::Left, -1, true, false, 15},
                      {"port", "Port", Align::Left, -1},
                      {"per_minute", "Per minute", Align::Right, -1},
                      {"minute", "Busiest", Align::Left, 1},
                      {"reused", "Reused early", Align::Right},
                      {"in_time_wait", "In TIME-WAIT", Align::Right},
                      {"exhausted", "Exhausted", Align::Left}},
          .rows = {}};
  for (const PressureRow& p : h.pressure) {
    t.rows.push_back({address_cell(p.orig), address_cell(p.service.address),
                      port_cell(p.service.port, ports_), count_cell(p.connections, Tone::Bad),
                      begin_cell(p.minute), sparse_cell(p.reused), sparse_cell(p.in_time_wait),
                      text_cell(p.exhausted ? "yes" : "no")});
  }
  if (t.rows.empty()) t.note.clear();
  return t;
}

std::string name_of(const HandshakeRow& r) {
  return r.service ? endpoint_text(*r.service) : r.network;
}

Table DiagnosisTables::shifts(const Handshakes& h) const {
  Table t{.key = "shifts",
          .title = "Shifts of handshake times",
          .note = "The median from SYN to SYN-ACK changed more than noise explains.",
          .columns = {{"service", "To", Align::Left, -1, true, false, 15},
                      {"at", "At", Align::Left, -1},
                      {"before", "Before", Align::Right, -1},
                      {"after", "After", Align::Right, -1},
                      {"samples", "Samples", Align::Right}},
          .rows = {}};
  for (const std::vector<HandshakeRow>* rows : {&h.services, &h.networks}) {
    for (const HandshakeRow& r : *rows) {
      if (!r.shift) continue;
      Cell after = duration_cell(r.shift->after);
      after.tone = r.shift->after > r.shift->before ? Tone::Bad : Tone::Good;
      t.rows.push_back({text_cell(name_of(r)), begin_cell(r.shift->at),
                        duration_cell(r.shift->before), after, count_cell(r.samples)});
    }
  }
  if (t.rows.empty()) t.note.clear();
  return t;
}

Table DiagnosisTables::closers(const Hangups& h) const {
  Table t{.key = "hangups",
          .title = "Who hangs up",
          .note = {},
          .columns = {{"ip", "Address", Align::Left, 0, true, false, 15},
                      {"port", "Port", Align::Left},
                      {"ended", "Ended", Align::Right},
                      {"fin_by_orig", "FIN by originator", Align::Right},
                      {"fin_by_resp", "FIN by responder", Align::Right},
                      {"rst_by_orig", "RST by originator", Align::Right, 1},
                      {"rst_by_resp", "RST by responder", Align::Right, 1}},
          .rows = {}};
  for (const CloserRow& c : h.closers) {
    t.rows.push_back({address_cell(c.service.address), port_cell(c.service.port, ports_),
                      count_cell(c.ended()), sparse_cell(c.fin[0]), sparse_cell(c.fin[1]),
                      sparse_cell(c.rst[0]), sparse_cell(c.rst[1])});
  }
  return t;
}

Table DiagnosisTables::handshakes(const Handshakes& h) const {
  Table t{.key = "handshakes",
          .title = "Handshake times",
          .note = {},
          .columns = {{"service", "To", Align::Left, 0, true, false, 18},
                      {"connections", "Established", Align::Right, 2},
                      {"samples", "Handshakes", Align::Right, 1},
                      {"p50", "p50", Align::Right},
                      {"p90", "p90", Align::Right},
                      {"p99", "p99", Align::Right},
                      {"syn_retries", "SYN retries", Align::Right},
                      {"retransmitting", "Retransmitting", Align::Right}},
          .rows = {}};
  for (const std::vector<HandshakeRow>* rows : {&h.networks, &h.services}) {
    for (const HandshakeRow& r : *rows) {
      t.rows.push_back({text_cell(name_of(r)), count_cell(r.connections), count_cell(r.samples),
                        duration_cell(r.p50), duration_cell(r.p90), duration_cell(r.p99),
                        sparse_cell(r.syn_retries), sparse_cell(r.retransmitting)});
    }
  }
  return t;
}

}  // namespace

Cell port_cell(std::uint16_t port, PortNames& ports) {
  const std::string number = std::to_string(port);
  const std::string_view name = ports.name(port);
  return {name.empty() ? number : fmt::format("{} {}", number, name), number};
}

void describe_failures(Document& document, const SummaryData& data, PortNames& ports,
                       const RenderOptions& options) {
  const DiagnosisTables tables(ports, options);
  document.tables.push_back(tables.failing(data));
  document.tables.push_back(tables.idle_timers(data.hangups));
  document.tables.push_back(tables.pressure(data.hangups));
  document.tables.push_back(tables.shifts(data.handshakes));
}

void describe_endings(Document& document, const SummaryData& data, PortNames& ports,
                      const RenderOptions& options) {
  const DiagnosisTables tables(ports, options);
  document.tables.push_back(tables.closers(data.hangups));
  document.tables.push_back(tables.handshakes(data.handshakes));
}

}  // namespace synfin
