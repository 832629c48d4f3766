// Document → CSV, a table for each section, with a head of column keys:
//
//   ip,port,name,attempts,…        192.0.2.1,443,https,20,…
//
// Values are raw: bytes, seconds, RFC 3339 times, shares as fractions of 1. An unknown value is
// empty. Notes and bars, which repeat numbers in words and pictures, are left out. The first table,
// "capture", holds the totals of the run.
// Spec: RFC 4180. Tested in tests/unit/report/pages_test.cc.
#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "synfin/base/escape.h"
#include "synfin/report/document.h"

namespace synfin {
namespace {

/// True for a bar, which repeats the number beside it.
bool is_picture(const Column& column) { return column.key == "bar"; }

class TotalsTable {
 public:
  void add(std::string_view what, std::string_view value) {
    append_csv(text_, what);
    text_ += ',';
    append_csv(text_, value);
    text_ += "\r\n";
  }
  void add(std::string_view what, std::uint64_t n) { add(what, std::to_string(n)); }
  CsvTable take() { return {"capture", std::move(text_)}; }

 private:
  std::string text_ = "what,value\r\n";
};

/// A row for each bucket, with its begin and its width in seconds. (In a document, the timeline is
/// a picture.)
CsvTable timeline_csv(const Timeline& timeline, bool knows_bytes) {
  CsvTable csv{"timeline", "start,seconds,connections,failed,bytes\r\n"};
  Timestamp start = timeline.start;
  const double seconds = std::chrono::duration<double>(timeline.width).count();
  for (const TimelineBucket& bucket : timeline.buckets) {
    csv.text += fmt::format("{},{},{},{},{}\r\n", format_rfc3339(start), seconds, bucket.started,
                            bucket.failed, knows_bytes ? std::to_string(bucket.bytes) : "");
    start += timeline.width;
  }
  return csv;
}

CsvTable capture_csv(const CaptureInfo& c, const Totals& totals, const Document& document) {
  TotalsTable table;
  for (const std::string& source : c.sources) table.add("source", source);
  table.add("mode", c.log ? "log" : c.scope == PacketScope::Control ? "control" : "all");
  if (c.any_used()) {
    table.add("first_packet", format_rfc3339(c.first_packet));
    table.add("last_packet", format_rfc3339(c.last_packet));
  }
  if (!c.filter.empty()) table.add("filter", c.filter);
  const auto add_known = [&table](bool known, std::string_view what, std::uint64_t n) {
    known ? table.add(what, n) : table.add(what, "");
  };
  add_known(!c.log, "packets_received", c.ledger.received);
  add_known(!c.log, "packets_used", c.ledger.used());
  add_known(!c.log, "dropped_kernel", c.ledger.dropped_kernel);
  add_known(!c.log, "dropped_interface", c.ledger.dropped_interface);
  add_known(!c.log, "dropped_ring", c.ledger.dropped_ring);
  if (c.log) table.add("records", c.log->records);
  table.add("connections", totals.by_outcome.all());
  add_known(c.knows("orig_bytes"), "orig_bytes", totals.orig_bytes);
  add_known(c.knows("resp_bytes"), "resp_bytes", totals.resp_bytes);
  const bool own = c.knows("syn_retries");
  add_known(own, "syn_retries", totals.syn_retries);
  table.add("attempts", totals.by_outcome.attempts());
  table.add("established", totals.by_outcome.established());
  table.add("failed", totals.by_outcome.failed());
  add_known(own, "evicted", totals.evicted);
  for (const auto& [option, n] : c.hidden) table.add("hidden_by_" + option, n);
  for (const std::string& gap : c.gaps) table.add("gap", gap);
  for (const std::string& damage : c.damage) table.add("damage", damage);
  for (const Table& t : document.tables) {  // the licences of GeoIP databases require them
    if (t.key == "attribution") table.add(t.key, t.note);
  }
  return table.take();
}

}  // namespace

CsvTable render_csv_table(const Table& table) {
  CsvTable csv{std::string{table.key}, {}};
  const auto append = [&csv](std::string_view value) {
    append_csv(csv.text, value);
    csv.text += ',';
  };
  for (const Column& column : table.columns) {
    if (!is_picture(column)) append(column.key);
  }
  const auto end_line = [&csv] {
    csv.text.pop_back();  // the comma behind the last value
    csv.text += "\r\n";
  };
  end_line();
  for (const std::vector<Cell>& row : table.rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (!is_picture(table.columns[c])) append(row[c].raw);
    }
    end_line();
  }
  return csv;
}

std::vector<CsvTable> render_csv_tables(const CaptureInfo& capture, const SummaryData& data,
                                        const Document& document) {
  std::vector<CsvTable> tables{capture_csv(capture, data.totals, document)};
  for (const Table& table : document.tables) {
    if (table.key == "capture" || table.rows.empty()) continue;
    tables.push_back(table.key == "timeline" ? timeline_csv(data.timeline, capture.knows_bytes())
                                             : render_csv_table(table));
  }
  return tables;
}

std::string join_csv(const std::vector<CsvTable>& tables) {
  std::string out;
  for (const CsvTable& table : tables) {
    out += fmt::format("{}# {}\r\n", out.empty() ? "" : "\r\n", table.name);
    out += table.text;
  }
  return out;
}

}  // namespace synfin
