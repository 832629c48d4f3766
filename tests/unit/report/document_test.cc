// Cells, and the tables of a report with their raw values.
#include "synfin/report/document.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/report/records.h"

namespace synfin {
namespace {

using namespace std::chrono_literals;
using test::RecordSpec;

std::string both(const Cell& cell) { return cell.text + '|' + cell.raw; }

TEST(DocumentCells, HaveTextAndRawValue) {
  EXPECT_EQ(both(text_cell("a\x1b b")), "a\x1b b|a\x1b b") << "each renderer escapes for itself";
  EXPECT_EQ(both(count_cell(0)), "0|0");
  EXPECT_EQ(both(count_cell(1'234'567)), "1,234,567|1234567");
  EXPECT_EQ(both(sparse_cell(0)), "|0");
  EXPECT_EQ(both(sparse_cell(1000)), "1,000|1000");
  EXPECT_EQ(both(size_cell(1'258'291)), "1.2 MiB|1258291");
  EXPECT_EQ(size_cell(UINT64_MAX).raw, "18446744073709551615");
  EXPECT_EQ(both(duration_cell(kNoDuration)), "|");
  EXPECT_EQ(duration_cell(1500ms).raw, "1.500000");
  const Cell noon = time_cell(timestamp_from_ns(test::kNoon), Zone::Utc);
  EXPECT_EQ(noon.text, "2026-03-01 12:00:00");
  EXPECT_EQ(noon.raw.substr(0, 19), "2026-03-01T12:00:00");
}

TEST(DocumentCells, AShareOfZeroIsEmpty) {
  EXPECT_EQ(both(share_cell(0, 0)), "|");
  EXPECT_EQ(share_cell(1, 3).raw, "0.333333");
  EXPECT_EQ(share_cell(3, 3).raw, "1.000000");
}

class Report {
 public:
  explicit Report(const CaptureInfo& capture, const std::vector<RecordSpec>& records = {},
                  RenderOptions options = {}) {
    Summary summary({});
    for (const RecordSpec& details : records) summary.add(details.record());
    PortNames ports(std::vector<PortNames::Service>{});
    options.zone = Zone::Utc;
    document_ = describe_report(capture, summary.data(options.top), ports, options);
  }
  const Table* table(std::string_view key) const {
    const auto at = std::find_if(document_.tables.begin(), document_.tables.end(),
                                 [&](const Table& t) { return t.key == key; });
    return at == document_.tables.end() ? nullptr : &*at;
  }
  const std::vector<Table>& tables() const { return document_.tables; }
  /// The raw value of the row that begins with `what`; "-" if it is missing.
  std::string value(std::string_view key, std::string_view what) const {
    const Table* const t = table(key);
    if (t == nullptr) return "-";
    for (const auto& row : t->rows) {
      if (row.front().text == what) return row[1].raw;
    }
    return "-";
  }

 private:
  Document document_;
};

CaptureInfo capture() {
  CaptureInfo c;
  c.sources = {"a.pcap", "b.pcap"};
  c.scope = PacketScope::All;
  c.first_packet = timestamp_from_ns(test::kNoon);
  c.last_packet = c.first_packet + 90s;
  c.ledger.received = 10;
  c.ledger.decoded = 7;
  c.ledger.not_tcp = 2;
  c.ledger.filtered = 1;
  return c;
}

TEST(Document, DroppedPacketsAreAShareOfAllThatArrived) {
  CaptureInfo c = capture();
  c.ledger.dropped_kernel = 25;
  c.ledger.dropped_interface = 5;
  const Report report(c);
  const auto share = [&](std::string_view what) {
    for (const auto& row : report.table("packets")->rows) {
      if (row[0].text == what) return row[2].text;
    }
    return std::string("-");
  };
  EXPECT_EQ(share("dropped by kernel"), "62.5%");
  EXPECT_EQ(share("dropped by interface"), "12.5%");
  EXPECT_EQ(share("decoded"), "70.0%");
}

TEST(Document, EveryRowHasACellForEachColumn) {
  const Report report(capture(), {{}, {.outcome = Outcome::Refused, .state = ConnState::REJ}});
  EXPECT_GT(report.tables().size(), 6u);
  for (const Table& t : report.tables()) {
    EXPECT_FALSE(t.rows.empty() && t.note.empty()) << t.key;
    for (const auto& row : t.rows) EXPECT_EQ(row.size(), t.columns.size()) << t.key;
  }
}

TEST(Document, FirstRowsCutLongCellsBetweenCharacters) {
  std::string wide = "x";
  while (wide.size() < 10'000) wide += "▲";
  const std::vector<Table> tables{
      {.key = "t",
       .title = "T",
       .note = {},
       .columns = {{"text", "Text"}},
       .rows = {{Cell{wide, std::string(8192, 'x')}}, {Cell{"2", ""}}}}};
  const std::vector<Table> first = first_rows(&tables, 1);
  EXPECT_EQ(first.at(0).title, "T (1 of 2)");
  const Cell& cell = first.at(0).rows.at(0).at(0);
  EXPECT_EQ(cell.text, wide.substr(0, 8191) + "…");
  EXPECT_EQ(cell.raw, std::string(8192, 'x'));
}

TEST(Document, FirstRowsCountWhatTheyLeaveOut) {
  SummaryData d;
  d.edges.rows.resize(3);
  d.edges.of = 5;
  d.hangups.closers.resize(4);
  d.hangups.closers_left_out = 1;
  d.handshakes.services.resize(4);
  d.handshakes.networks.resize(2);
  const SummaryData first = first_rows(d, 2);
  EXPECT_EQ(first.edges.rows.size(), 2u);
  EXPECT_EQ(first.edges.of, 5u);
  EXPECT_EQ(first.hangups.closers_left_out, 3u);
  EXPECT_EQ(first.handshakes.services.size(), 2u);
  EXPECT_EQ(first.handshakes.services_left_out, 2u);
  EXPECT_EQ(first.handshakes.networks_left_out, 0u);
  EXPECT_EQ(first_rows(d, 0).handshakes.services.size(), 4u);
}

TEST(Document, AnEmptyReportIsShort) {
  CaptureInfo nothing;
  nothing.sources = {"empty.pcap"};
  const Report report(nothing);
  EXPECT_EQ(report.value("capture", "packets"), "0");
  EXPECT_EQ(report.value("capture", "time"), "-");
  for (const char* key : {"packets", "outcomes", "states", "services", "edges", "hosts"}) {
    EXPECT_EQ(report.table(key), nullptr) << key;
  }
}

TEST(Document, ReportsWhetherTheLedgerBalances) {
  CaptureInfo c = capture();
  EXPECT_EQ(Report(c).table("packets")->note_tone, Tone::Dim);
  EXPECT_EQ(Report(c).value("packets", "not TCP"), "2");
  EXPECT_EQ(Report(c).value("packets", "malformed"), "-") << "where there are none";
  c.ledger.malformed = 2;
  EXPECT_EQ(Report(c).table("packets")->note, "The ledger does not balance: 2 packets too many.");
  EXPECT_EQ(Report(c).table("packets")->note_tone, Tone::Bad);
  c.ledger.malformed = 0;
  c.ledger.decoded = 6;
  EXPECT_EQ(Report(c).table("packets")->note, "The ledger does not balance: 1 packet too few.");
  c.so_far = true;
  EXPECT_EQ(Report(c).table("packets"), nullptr) << "only `received` is known";
}

TEST(Document, NamesEachSourceOnce) {
  const Report report(capture());
  const Table& properties = *report.table("capture");
  ASSERT_GE(properties.rows.size(), 3u);
  EXPECT_EQ(properties.rows[0][0].text, "source");
  EXPECT_EQ(properties.rows[0][1].text, "a.pcap");
  EXPECT_EQ(properties.rows[1][0].text, "");
  EXPECT_EQ(properties.rows[1][1].text, "b.pcap");
}

TEST(Document, ATimeSpanAcrossMidnightHasBothDates) {
  CaptureInfo c = capture();
  EXPECT_NE(Report(c).value("capture", "time").find("2026-03-01 12:00:00 to 12:01:30"),
            std::string::npos);
  c.last_packet += 24h;
  EXPECT_NE(Report(c).value("capture", "time").find("to 2026-03-02 12:01:30"), std::string::npos);
}

TEST(Document, ProblemsComeFirstAndStatesAndLedgerLast) {
  const Report report(capture(), {{}, {.outcome = Outcome::Refused, .state = ConnState::REJ}});
  std::vector<std::string> keys;
  for (const Table& t : report.tables()) keys.emplace_back(t.key);
  const std::vector<std::string> first{"capture", "failing", "outcomes", "services", "hosts"};
  ASSERT_GE(keys.size(), first.size() + 2);
  EXPECT_TRUE(std::equal(first.begin(), first.end(), keys.begin()));
  EXPECT_EQ(keys[keys.size() - 2], "states");
  EXPECT_EQ(keys.back(), "packets");
}

TEST(Document, TheHeadShowsThePacketsThatWereUsed) {
  CaptureInfo c = capture();
  const Report some(c, {{}});
  EXPECT_EQ(some.value("capture", "packets"), "9");
  EXPECT_NE(some.value("capture", "time"), "-");
  c.ledger.filtered = c.ledger.received;
  const Report none(c, {});
  EXPECT_EQ(none.value("capture", "packets"), "0");
  EXPECT_EQ(none.value("capture", "time"), "-");
}

TEST(Document, OutcomesAreSortedByCount) {
  std::vector<RecordSpec> records(3);
  records.resize(8, {.outcome = Outcome::Refused, .state = ConnState::REJ});
  const Report report(capture(), records);
  const Table* const outcomes = report.table("outcomes");
  ASSERT_NE(outcomes, nullptr);
  ASSERT_EQ(outcomes->rows.size(), 2u);
  EXPECT_EQ(outcomes->rows[0][0].text, "refused");
  EXPECT_EQ(outcomes->rows[0][1].raw, "5");
  EXPECT_EQ(outcomes->rows[0][2].raw, "0.625000");
  EXPECT_EQ(outcomes->rows[1][0].text, "closed");
  EXPECT_EQ(report.value("states", "REJ"), "5");
  EXPECT_EQ(report.value("states", "S1"), "-");
}

}  // namespace
}  // namespace synfin
