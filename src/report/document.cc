// A report: the capture, problems, outcomes, services and the rest, states and packet ledger.
// document_tables.cc makes the tables of services, hosts and problems. See document.h.
#include "synfin/report/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "report/remarks.h"
#include "synfin/report/format.h"
#include "synfin/report/text_table.h"

namespace synfin {
namespace {

constexpr int kBarWidth = 20;

/// A bar for `part` ÷ `whole`, in eighths of a column if `unicode`.
std::string bar(std::uint64_t part, std::uint64_t whole, bool unicode) {
  static constexpr std::array<std::string_view, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const double share = static_cast<double>(part) / static_cast<double>(whole);
  const auto eighths = static_cast<std::size_t>(std::lround(share * kBarWidth * 8));
  std::string text;
  for (std::size_t i = 0; i < eighths / 8; ++i) text += unicode ? "█" : "#";
  if (unicode) text += kEighths[eighths % 8];
  if (text.empty() && part != 0) text = unicode ? "▏" : "";
  return text;
}

Tone tone_of(Outcome outcome) {
  if (is_established(outcome)) return Tone::Good;
  return is_failure(outcome) ? Tone::Bad : Tone::Dim;
}

/// A table of "name  value" rows.
class PropertyTable {
 public:
  PropertyTable(std::string_view key, std::string title)
      : table_{.key = key,
               .title = std::move(title),
               .note = {},
               .columns = {{"what", "", Align::Left}, {"value", "", Align::Left}},
               .rows = {}} {}

  /// Adds `text` for people and the number `n` for CSV.
  void add_count(std::string_view what, std::string text, std::uint64_t n,
                 Tone tone = Tone::Plain) {
    table_.rows.push_back(
        {text_cell(what, Tone::Dim), Cell{std::move(text), std::to_string(n), tone}});
  }
  void add(std::string_view what, std::string_view value, Tone tone = Tone::Plain) {
    table_.rows.push_back({text_cell(what, Tone::Dim), text_cell(value, tone)});
  }
  Table take() { return std::move(table_); }

 private:
  Table table_;
};

std::string packets_text(const CaptureInfo& c) {
  if (c.ledger.received == 0) return "none";
  std::string text = with_separators(c.ledger.received) + (c.so_far ? " so far" : "");
  if (c.ledger.filtered != 0)
    text = fmt::format("{} of {}, others filtered out", with_separators(c.ledger.used()),
                       with_separators(c.ledger.received));
  return c.scope == PacketScope::Control ? text + "; of TCP, control packets only (SYN, FIN, RST)"
                                         : text;
}

std::string records_text(const LogInfo& log) {
  std::string text = with_separators(log.records) + " of connection logs";
  const auto add = [&text](std::uint64_t n, std::string_view what) {
    if (n != 0) text += fmt::format("; {} {}", with_separators(n), what);
  };
  add(log.filtered, "filtered out");
  add(log.not_tcp, "of other protocols");
  add(log.unreadable, log.unreadable == 1 ? "line not readable" : "lines not readable");
  return text;
}

std::string approximation_text(const SummaryData& d) {
  std::string what;
  const auto add = [&what](bool flag, std::string_view name) {
    if (flag) what += fmt::format("{}{}", what.empty() ? "" : ", ", name);
  };
  add(d.approximate.services, "services");
  add(d.approximate.edges, "pairs");
  add(d.approximate.hosts, "hosts");
  add(d.approximate.distinct, "distinct counts");
  add(d.approximate.percentiles, "percentiles");
  return fmt::format("{} (past {} keys: --max-hosts)", what, with_separators(d.max_hosts));
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    if (!all.empty()) all += ", ";
    all += text;
  }
  return all;
}

std::string hidden_text(const std::vector<std::pair<std::string, std::uint64_t>>& hidden) {
  std::uint64_t all = 0;
  std::string causes;
  for (const auto& [option, n] : hidden) {
    all += n;
    causes += fmt::format("{}{} by --{}", causes.empty() ? "" : ", ", with_separators(n), option);
  }
  return fmt::format("{}: {}", plural(all, "connection", "connections"), causes);
}

std::string names_text(const HostNames::Counts& n) {
  return fmt::format("{} found, {} without a name, {} unresolved{}", with_separators(n.named),
                     with_separators(n.nameless), with_separators(n.unresolved),
                     n.some_not_asked ? "; some failed attempts were not looked up" : "");
}

Table capture_table(const CaptureInfo& c, const SummaryData& d, const RenderOptions& options) {
  const Zone zone = options.zone;
  PropertyTable properties("capture", "");
  for (std::size_t i = 0; i < c.sources.size(); ++i)
    properties.add(i == 0 ? "source" : "", c.sources[i]);
  if (c.any_used()) properties.add("time", span_text(c.first_packet, c.last_packet, zone));
  if (c.log) {
    properties.add_count("records", records_text(*c.log), c.log->records);
  } else {
    properties.add_count("packets", packets_text(c), c.ledger.used());
  }
  if (c.so_far)
    properties.add("open", plural(c.open, "connection", "connections") +
                               "; the tables below count those that have ended");
  if (!c.link_types.empty()) properties.add("link type", joined(c.link_types));
  const Ledger& l = c.ledger;
  if (l.unsupported_link != 0)
    properties.add("", plural(l.unsupported_link, "packet", "packets") +
                           " of a link type that synfin does not decode");
  if (!c.filter.empty()) properties.add("filter", c.filter);
  if (const std::uint64_t dropped = l.dropped_packets(); dropped != 0)
    properties.add_count("dropped", plural(dropped, "packet", "packets"), dropped, Tone::Bad);
  if (l.dropped_ring != 0)
    properties.add_count("events",
                         plural(l.dropped_ring, "was", "were") +
                             " dropped, because the outputs were too slow; no record was",
                         l.dropped_ring, Tone::Bad);
  if (l.copies != 0)
    properties.add_count("copies", plural(l.copies, "packet", "packets"), l.copies, Tone::Bad);
  if (c.details_missing != 0)
    properties.add("simplified",
                   plural(c.details_missing, "segment", "segments") +
                       " of unusual connections left no trace in their records, because too many "
                       "connections were unusual at once; --max-connections sets the limit",
                   Tone::Bad);
  if (c.out_of_window != 0)
    properties.add("out of window", plural(c.out_of_window, "segment", "segments") +
                                        " did not fit the window of their connection");
  if (c.forged_rst != 0)
    properties.add("forged", plural(c.forged_rst, "RST", "RSTs") + " did not fit");
  for (const Remark& remark : remarks_on(c)) properties.add(remark.label, remark.sentence);
  for (const std::string& gap : c.gaps) properties.add("gap", gap, Tone::Bad);
  if (options.book && options.book->names())
    properties.add("names", names_text(options.book->names()->counts()));
  if (!c.hidden.empty()) properties.add("hidden", hidden_text(c.hidden));
  for (const std::string& damage : c.damage) properties.add("damage", damage, Tone::Bad);
  if (d.approximate.any()) properties.add("approximate", approximation_text(d));
  return properties.take();
}

std::string closing_text(const Ledger& l) {
  if (l.balances()) return "The ledger balances: every packet received is counted below.";
  const std::uint64_t sum = l.accounted();
  const std::uint64_t off = sum > l.received ? sum - l.received : l.received - sum;
  return fmt::format("The ledger does not balance: {} too {}.", plural(off, "packet", "packets"),
                     sum > l.received ? "many" : "few");
}

Table packets_table(const Ledger& l) {
  Table t{.key = "packets",
          .title = "Packets",
          .note = closing_text(l),
          .note_tone = l.balances() ? Tone::Dim : Tone::Bad,
          .columns = {{"what", "", Align::Left},
                      {"packets", "", Align::Right},
                      {"share", "", Align::Right}},
          .rows = {}};
  const auto put = [&](std::string_view what, std::uint64_t n, std::uint64_t whole, Tone tone) {
    if (n != 0)
      t.rows.push_back({text_cell(what, tone), count_cell(n, tone), share_cell(n, whole)});
  };
  const auto add = [&](std::string_view what, std::uint64_t n, Tone tone = Tone::Plain) {
    put(what, n, l.received, tone);
  };
  add("received", l.received, Tone::Strong);
  t.rows.push_back(
      {text_cell("decoded"), count_cell(l.decoded), share_cell(l.decoded, l.received)});
  add("not TCP", l.not_tcp);
  add("fragments", l.fragments);
  add("truncated", l.truncated);
  add("malformed", l.malformed);
  add("unsupported link", l.unsupported_link);
  add("copies", l.copies);
  add("late", l.late);
  add("filtered out", l.filtered);
  // Dropped packets are not among those received: their share is of all that arrived.
  const std::uint64_t arrived = l.received + l.dropped_packets();
  put("dropped by kernel", l.dropped_kernel, arrived, Tone::Bad);
  put("dropped by interface", l.dropped_interface, arrived, Tone::Bad);
  return t;
}

/// The indices with a count above 0, highest count first.
template <typename CountOf>
std::vector<std::size_t> by_count(std::size_t size, CountOf count_of) {
  std::vector<std::size_t> order(size);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::erase_if(order, [&](std::size_t i) { return count_of(i) == 0; });
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return count_of(a) > count_of(b); });
  return order;
}

Table outcomes_table(const CaptureInfo& capture, const Totals& totals, bool unicode) {
  Table t{.key = "outcomes",
          .title = "Connections",
          .note = connections_text(capture, totals),
          .columns = {{"outcome", "", Align::Left},
                      {"connections", "", Align::Right},
                      {"share", "", Align::Right},
                      {"bar", "", Align::Left, 2},
                      {"meaning", "", Align::Left, 1}},
          .rows = {}};
  const Outcomes& outcomes = totals.by_outcome;
  const auto count_of = [&](std::size_t i) { return outcomes.of(static_cast<Outcome>(i)); };
  for (const std::size_t i : by_count(kOutcomes, count_of)) {
    const auto outcome = static_cast<Outcome>(i);
    const std::uint64_t n = count_of(i);
    t.rows.push_back({text_cell(to_string(outcome), tone_of(outcome)),
                      count_cell(n),
                      share_cell(n, outcomes.all()),
                      {bar(n, outcomes.all(), unicode), {}, tone_of(outcome)},
                      text_cell(outcome_words(outcome), Tone::Dim)});
  }
  return t;
}

Table states_table(const Totals& totals) {
  Table t{.key = "states",
          .title = "States",
          .note = {},
          .columns = {{"state", "", Align::Left},
                      {"connections", "", Align::Right},
                      {"share", "", Align::Right},
                      {"meaning", "", Align::Left, 1}},
          .rows = {}};
  const auto count_of = [&](std::size_t i) { return totals.by_state[i]; };
  for (const std::size_t i : by_count(kConnStates, count_of)) {
    const auto state = static_cast<ConnState>(i);
    t.rows.push_back({text_cell(to_string(state)), count_cell(count_of(i)),
                      share_cell(count_of(i), totals.by_outcome.all()),
                      text_cell(state_words(state), Tone::Dim)});
  }
  return t;
}

}  // namespace

Cell text_cell(std::string_view text, Tone tone) {
  return {std::string{text}, std::string{text}, tone};
}

Cell host_name_cell(const EndpointAnnotations& about) {
  return {host_name_text(about), std::string{about.name}};
}

Cell count_cell(std::uint64_t n, Tone tone) {
  return {with_separators(n), std::to_string(n), tone};
}

Cell sparse_cell(std::uint64_t n, Tone tone) {
  return n == 0 ? Cell{"", "0", tone} : count_cell(n, tone);
}

Cell size_cell(std::uint64_t bytes) { return {binary_size(bytes), std::to_string(bytes)}; }

Cell share_cell(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return {};
  return {percent_of(part, whole),
          fmt::format("{:.6f}", static_cast<double>(part) / static_cast<double>(whole)), Tone::Dim};
}

Cell duration_cell(Duration d) {
  return d == kNoDuration ? Cell{} : Cell{format_human(d), format_seconds(d)};
}

Cell time_cell(Timestamp t, Zone zone) {
  return {format_date(t, zone) + ' ' + format_time_of_day(t, zone).substr(0, 8), exact_rfc3339(t)};
}

namespace {

/// Shows only the most important tables, and as many rows of each as fit into options.height.
void fit_height(Document& document, const RenderOptions& options) {
  constexpr std::size_t kMinRows = 2;
  static constexpr std::string_view kMore = "More with -v, or in a file with -o.";
  std::erase_if(document.tables, [](const Table& t) {
    return t.key == "states" || t.key == "packets" || t.key == "timeline" || t.key == "longest" ||
           t.key == "largest" || t.key == "countries" || t.key == "networks" ||
           t.key == "hangups" || t.key == "handshakes";
  });
  for (Table& table : document.tables) {
    if (table.key == "outcomes") table.rows.clear();  // the note has the totals
  }
  document.tables.push_back(
      {.key = "more", .title = {}, .note = std::string{kMore}, .columns = {}, .rows = {}});
  const auto too_high = [&] { return lines_of(document, options).size() + 1 > options.height; };
  for (std::size_t rows = options.top; too_high() && rows >= kMinRows; --rows) {
    for (Table& table : document.tables) {
      if (table.key != "capture" && table.rows.size() > rows) keep_rows(table, rows);
    }
  }
  while (too_high() && document.tables.size() > 2) document.tables.erase(document.tables.end() - 2);
}

}  // namespace

Document describe_report(const CaptureInfo& capture, const SummaryData& data, PortNames& ports,
                         const RenderOptions& options) {
  Document document{.title = "synfin report", .tables = {}};
  const bool connections = data.totals.by_outcome.all() != 0;
  document.tables.push_back(capture_table(capture, data, options));
  describe_problems(document, data, ports, options);
  if (capture.ledger.received != 0 || connections)
    document.tables.push_back(outcomes_table(capture, data.totals, options.unicode));
  describe_tables(document, data, ports, options);
  if (options.more != nullptr) {
    document.tables.insert(document.tables.end(), options.more->begin(), options.more->end());
  }
  if (connections) document.tables.push_back(states_table(data.totals));
  if (capture.ledger.received != 0 && !capture.so_far)
    document.tables.push_back(packets_table(capture.ledger));
  describe_attributions(document, options);
  if (!capture.knows_bytes()) clear_byte_counts(document);
  std::erase_if(document.tables, [](const Table& t) { return t.rows.empty() && t.note.empty(); });
  if (options.height != 0) fit_height(document, options);
  return document;
}

}  // namespace synfin
