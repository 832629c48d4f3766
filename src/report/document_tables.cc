// The body of a report: floods, scanners, services, failing pairs, hosts, the longest and the
// largest connections, the timeline. See document.h.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "synfin/report/document.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxSpark = 120;
constexpr std::size_t kMinSpark = 20;
/// Terminal columns beside a spark line.
constexpr std::size_t kSparkReserved = 28;

template <typename Row>
std::string title_of(std::string_view what, const Ranked<Row>& ranked, bool approximate) {
  if (ranked.rows.size() == ranked.of) return std::string{what};
  return fmt::format("{} ({} of {}{})", what, with_separators(ranked.rows.size()),
                     approximate ? "more than " : "", with_separators(ranked.of));
}

/// The addresses of a table's rows, in order.
template <typename Row, typename AddressOf>
std::vector<Address> addresses(const Ranked<Row>& ranked, AddressOf address_of) {
  std::vector<Address> all;
  for (const Row& row : ranked.rows) all.push_back(address_of(row));
  return all;
}

class TableMaker {
 public:
  TableMaker(PortNames& ports, const RenderOptions& options) : ports_(ports), options_(options) {}

  Table services(const SummaryData& d) const;
  Table scanners(const SummaryData& d) const;
  Table floods(const SummaryData& d) const;
  Table hosts(const SummaryData& d) const;
  Table connections(std::string_view key, std::string_view title,
                    const Ranked<ConnectionRow>& ranked) const;
  Table timeline(const Timeline& t) const;

 private:
  void describe(Table& t, std::size_t at, std::string_view prefix,
                const std::vector<Address>& of) const {
    insert_geo_info(t, at, prefix, of, options_.book);
  }
  static Cell address_cell(const Address& a) { return text_cell(a.to_string()); }
  Cell port_cell(std::uint16_t port) const { return synfin::port_cell(port, ports_); }
  std::vector<Cell> timeline_row(std::string_view what, const std::vector<std::uint64_t>& values,
                                 bool bytes) const;
  std::string begin_text(const Timeline& line) const;
  std::string spark(const std::vector<std::uint64_t>& values, std::uint64_t most) const;

  PortNames& ports_;
  const RenderOptions& options_;
};

Cell success_cell(const SmallOutcomes& o) {
  const auto rate = o.success_rate();
  if (!rate) return {};
  return {percent_of(o.established(), o.decided()), fmt::format("{:.6f}", *rate),
          *rate < 0.5 ? Tone::Bad : Tone::Plain};
}

Table TableMaker::services(const SummaryData& d) const {
  Table t{.key = "services",
          .title = title_of("Services", d.services, d.approximate.services),
          .note = {},
          .columns = {{"ip", "Address", Align::Left, 0, true, false, 15},
                      {"port", "Port", Align::Left},
                      {"attempts", "Attempts", Align::Right},
                      {"success_rate", "Success", Align::Right},
                      {"refused", "Refused", Align::Right, 5},
                      {"unanswered", "No answer", Align::Right, 5},
                      {"unreachable", "Unreachable", Align::Right, 6},
                      {"half_open", "Half-open", Align::Right, 6},
                      {"aborted", "Aborted", Align::Right, 6},
                      {"clients", "Clients", Align::Right, 1},
                      {"bytes", "Bytes", Align::Right, 3},
                      {"synack_rtt_p50", "SYN-ACK p50", Align::Right},
                      {"synack_rtt_p99", "p99", Align::Right, 2}},
          .rows = {}};
  for (const ServiceRow& s : d.services.rows) {
    const SmallOutcomes& o = s.outcomes;
    t.rows.push_back({address_cell(s.service.address), port_cell(s.service.port),
                      count_cell(o.attempts()), success_cell(o),
                      sparse_cell(o.of(Outcome::Refused)), sparse_cell(o.of(Outcome::Unanswered)),
                      sparse_cell(o.of(Outcome::Unreachable)), sparse_cell(o.of(Outcome::HalfOpen)),
                      sparse_cell(o.of(Outcome::Aborted)), count_cell(s.clients),
                      size_cell(s.orig_bytes + s.resp_bytes), duration_cell(s.rtt.p50),
                      duration_cell(s.rtt.p99)});
  }
  describe(t, 1, "", addresses(d.services, [](const auto& s) { return s.service.address; }));
  return t;
}

Table TableMaker::scanners(const SummaryData& d) const {
  Table t{.key = "scanners",
          .title = title_of("Scanners", d.scanners, d.approximate.hosts),
          .note = "One originator, many targets, mostly without success.",
          .columns = {{"ip", "Address", Align::Left, 0, true, false, 15},
                      {"kind", "Scan", Align::Left},
                      {"probes", "Probes", Align::Left},
                      {"targets", "Targets", Align::Right},
                      {"hosts", "Hosts", Align::Right},
                      {"ports", "Ports", Align::Right},
                      {"attempts", "Attempts", Align::Right, 1},
                      {"failed", "Failed", Align::Right},
                      {"since", "Since", Align::Left, 2},
                      {"duration", "For", Align::Right}},
          .rows = {}};
  for (const ScannerRow& s : d.scanners.rows) {
    t.rows.push_back({address_cell(s.address), text_cell(to_string(s.kind)),
                      text_cell(probe_names(s.probes)), count_cell(s.targets), count_cell(s.hosts),
                      count_cell(s.ports), count_cell(s.attempts), count_cell(s.failed, Tone::Bad),
                      time_cell(s.since, options_.zone), duration_cell(s.until - s.since)});
  }
  describe(t, 1, "", addresses(d.scanners, [](const auto& s) { return s.address; }));
  if (t.rows.empty()) t.note.clear();
  return t;
}

Table TableMaker::floods(const SummaryData& d) const {
  Table t{.key = "floods",
          .title = title_of("SYN floods", d.floods, d.approximate.services),
          .note = "Unfinished attempts from very many sources, which are not listed.",
          .columns = {{"ip", "Target", Align::Left, 0, true, false, 15},
                      {"port", "Port", Align::Left},
                      {"attempts", "Attempts", Align::Right},
                      {"rate", "Per second", Align::Right},
                      {"peak", "Peak", Align::Right, 2},
                      {"sources", "Sources", Align::Right},
                      {"since", "Since", Align::Left, 1},
                      {"duration", "For", Align::Right}},
          .rows = {}};
  for (const FloodRow& f : d.floods.rows) {
    t.rows.push_back({address_cell(f.target.address), port_cell(f.target.port),
                      count_cell(f.attempts, Tone::Bad),
                      count_cell(static_cast<std::uint64_t>(std::llround(f.rate()))),
                      count_cell(f.peak), count_cell(f.sources), time_cell(f.since, options_.zone),
                      duration_cell(f.until - f.since)});
  }
  if (t.rows.empty()) t.note.clear();
  return t;
}

Table TableMaker::hosts(const SummaryData& d) const {
  Table t{.key = "hosts",
          .title = title_of("Hosts", d.hosts, d.approximate.hosts),
          .note = {},
          .columns = {{"ip", "Address", Align::Left, 0, true, false, 15},
                      {"as_originator", "Began", Align::Right},
                      {"as_responder", "As responder", Align::Right},
                      {"failed", "Failed", Align::Right},
                      {"bytes_sent", "Sent", Align::Right},
                      {"bytes_received", "Received", Align::Right},
                      {"peers", "Peers", Align::Right},
                      {"first_seen", "First", Align::Left, 2},
                      {"last_seen", "Last", Align::Left, 2}},
          .rows = {}};
  for (const HostRow& h : d.hosts.rows) {
    t.rows.push_back({address_cell(h.address), sparse_cell(h.as_orig), sparse_cell(h.as_resp),
                      sparse_cell(h.failed_as_orig + h.failed_as_resp), size_cell(h.bytes_sent),
                      size_cell(h.bytes_received), count_cell(h.peers),
                      time_cell(h.first, options_.zone), time_cell(h.last, options_.zone)});
  }
  describe(t, 1, "", addresses(d.hosts, [](const auto& h) { return h.address; }));
  return t;
}

Table TableMaker::connections(std::string_view key, std::string_view title,
                              const Ranked<ConnectionRow>& ranked) const {
  Table t{.key = key,
          .title = std::string{title},
          .note = {},
          .columns = {{"orig", "From", Align::Left, 0, true, false, 21},
                      {"resp", "To", Align::Left, 0, true, false, 21},
                      {"duration", "Duration", Align::Right},
                      {"orig_bytes", "Sent", Align::Right},
                      {"resp_bytes", "Received", Align::Right},
                      {"conn_state", "State", Align::Left, 2},
                      {"outcome", "Outcome", Align::Left, 1},
                      {"ts", "Began", Align::Left, 3}},
          .rows = {}};
  for (const ConnectionRow& c : ranked.rows) {
    t.rows.push_back({text_cell(endpoint_text(c.tuple.orig)),
                      text_cell(endpoint_text(c.tuple.resp)), duration_cell(c.duration),
                      size_cell(c.orig_bytes), size_cell(c.resp_bytes),
                      text_cell(to_string(c.state)), text_cell(to_string(c.outcome)),
                      time_cell(c.first, options_.zone)});
  }
  describe(t, 2, "resp_", addresses(ranked, [](const auto& c) { return c.tuple.resp.address; }));
  describe(t, 1, "orig_", addresses(ranked, [](const auto& c) { return c.tuple.orig.address; }));
  return t;
}

std::string TableMaker::spark(const std::vector<std::uint64_t>& values, std::uint64_t most) const {
  // Zero is a dot because Markdown merges blanks.
  static constexpr std::array<std::string_view, 9> kBlocks{"·", "▁", "▂", "▃", "▄",
                                                           "▅", "▆", "▇", "█"};
  static constexpr std::string_view kAscii = ".:-=+*#%@";
  std::string text;
  for (const std::uint64_t v : values) {
    const double share = most == 0 ? 0 : static_cast<double>(v) / static_cast<double>(most);
    const auto step = static_cast<std::size_t>(std::ceil(share * 8));
    text += options_.unicode ? kBlocks[step] : kAscii.substr(step, 1);
  }
  return text;
}

std::vector<Cell> TableMaker::timeline_row(std::string_view what,
                                           const std::vector<std::uint64_t>& values,
                                           bool bytes) const {
  const std::uint64_t most = *std::max_element(values.begin(), values.end());
  std::string raw;
  for (const std::uint64_t v : values) fmt::format_to(std::back_inserter(raw), "{} ", v);
  raw.pop_back();
  return {text_cell(what, Tone::Dim), Cell{spark(values, most), raw},
          bytes ? size_cell(most) : count_cell(most)};
}

/// Sums of `factor` neighbouring buckets.
template <typename ValueOf>
std::vector<std::uint64_t> fold(const std::vector<TimelineBucket>& buckets, std::size_t factor,
                                ValueOf value_of) {
  std::vector<std::uint64_t> sums((buckets.size() + factor - 1) / factor);
  for (std::size_t i = 0; i < buckets.size(); ++i) sums[i / factor] += value_of(buckets[i]);
  return sums;
}

std::string TableMaker::begin_text(const Timeline& line) const {
  if (line.width >= std::chrono::seconds{1}) return time_cell(line.start, options_.zone).text;
  return format_time_of_day(line.start, options_.zone);
}

Table TableMaker::timeline(const Timeline& line) const {
  Table t{.key = "timeline", .title = "Timeline", .note = {}, .columns = {}, .rows = {}};
  if (line.buckets.size() < 2) return t;
  const std::size_t room =
      options_.width == 0 ? kMaxSpark
                          : std::clamp(options_.width - std::min(options_.width, kSparkReserved),
                                       kMinSpark, kMaxSpark);
  const std::size_t factor = (line.buckets.size() + room - 1) / room;
  const Duration width = line.width * static_cast<std::int64_t>(factor);
  t.note = fmt::format("One column is {}, from {}.", format_human(width), begin_text(line));
  t.columns = {{"what", "Started", Align::Left},
               {"values", "", Align::Left},
               {"most", "Maximum", Align::Right}};
  const auto values = [&](auto of) { return fold(line.buckets, factor, of); };
  const auto failed = values([](const auto& b) { return b.failed; });
  t.rows.push_back(
      timeline_row("connections", values([](const auto& b) { return b.started; }), false));
  if (std::any_of(failed.begin(), failed.end(), [](std::uint64_t n) { return n != 0; })) {
    t.rows.push_back(timeline_row("of them failed", failed, false));
  }
  t.rows.push_back(timeline_row("bytes", values([](const auto& b) { return b.bytes; }), true));
  return t;
}

}  // namespace

void describe_problems(Document& document, const SummaryData& data, PortNames& ports,
                       const RenderOptions& options) {
  const TableMaker tables(ports, options);
  describe_failures(document, data, ports, options);
  document.tables.push_back(tables.scanners(data));
  document.tables.push_back(tables.floods(data));
}

void describe_tables(Document& document, const SummaryData& data, PortNames& ports,
                     const RenderOptions& options) {
  const TableMaker tables(ports, options);
  document.tables.push_back(tables.services(data));
  document.tables.push_back(tables.hosts(data));
  describe_endings(document, data, ports, options);
  describe_geo_tables(document, data);
  document.tables.push_back(tables.connections("longest", "Longest", data.longest));
  document.tables.push_back(tables.connections("largest", "Largest", data.largest));
  document.tables.push_back(tables.timeline(data.timeline));
}

}  // namespace synfin
