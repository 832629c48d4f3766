// The text report.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "synfin/report/document.h"
#include "synfin/report/text_table.h"
#include "unit/report/records.h"

namespace synfin {
namespace {

using namespace std::chrono_literals;
using test::address;
using test::RecordSpec;
using testing::HasSubstr;
using testing::Not;

CaptureInfo some_capture() {
  CaptureInfo c;
  c.sources = {"office.pcap"};
  c.scope = PacketScope::All;
  c.link_types = {"EN10MB"};
  c.first_packet = timestamp_from_ns(test::kNoon);
  c.last_packet = timestamp_from_ns(test::kNoon) + 2min;
  c.ledger.received = 12'000;
  c.ledger.decoded = 11'000;
  c.ledger.not_tcp = 1000;
  return c;
}

std::string render(const CaptureInfo& capture, const Summary& summary, RenderOptions options = {}) {
  PortNames ports(std::vector<PortNames::Service>{});
  options.zone = Zone::Utc;
  return render_report(ReportFormat::Text, capture, summary, ports, options);
}

void fill(Summary& summary) {
  for (int i = 0; i < 30; ++i) {
    summary.add(
        RecordSpec{.after = i * 1s, .lasts = 90s, .rtt = 12ms, .sent = 1500, .received = 200'000}
            .record());
  }
  for (int i = 0; i < 9; ++i) {
    summary.add(RecordSpec{.orig = address("192.0.2.9"),
                           .port = 25,
                           .outcome = Outcome::Refused,
                           .state = ConnState::REJ}
                    .record());
  }
  summary.add(RecordSpec{.orig = address("2001:db8:1234:5678:9abc:def0:1234:5678"),
                         .resp = address("2001:db8:ffff:ffff:ffff:ffff:ffff:fffe"),
                         .outcome = Outcome::Unanswered,
                         .state = ConnState::S0}
                  .record());
}

std::size_t columns_of(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, columns_of(line));
  return widest;
}

TEST(TextReport, BeginsWithTheCapture) {
  Summary summary(SummaryOptions{});
  fill(summary);
  const std::string text = render(some_capture(), summary);
  EXPECT_THAT(text, HasSubstr(R"(synfin report

  source     office.pcap
  time       2026-03-01 12:00:00 to 12:02:00 UTC (2m00s)
  packets    12,000
  link type  EN10MB

Failing
)"));
  EXPECT_THAT(text, HasSubstr(R"(
Connections
  40 connections, 75.0% of attempts established; 43.9 KiB sent, 5.7 MiB received.
  closed      30  75.0%  ███████████████  established, ended by FIN
  refused      9  22.5%  ████▌            an RST answered the SYN
  unanswered   1   2.5%  ▌                nothing answered the SYN

Services
)"));
  EXPECT_THAT(text, testing::EndsWith(R"(
States
  SF   30  75.0%  established and closed
  REJ   9  22.5%  attempt rejected
  S0    1   2.5%  attempt without an answer

Packets
  The ledger balances: every packet received is counted below.
  received  12,000   100%
  decoded   11,000  91.7%
  not TCP    1,000   8.3%
)"));
}

TEST(TextReport, FitsIntoItsHeight) {
  Summary summary(SummaryOptions{});
  fill(summary);
  for (const std::size_t height : {24u, 40u}) {
    const std::string text = render(some_capture(), summary, {.width = 80, .height = height});
    EXPECT_LT(std::count(text.begin(), text.end(), '\n'), static_cast<std::ptrdiff_t>(height));
    EXPECT_THAT(text, HasSubstr("Failing"));
    if (height >= 40) {
      EXPECT_THAT(text, HasSubstr("Services"));
    }
    EXPECT_THAT(text, HasSubstr("-v"));
  }
}

TEST(TextReport, TitlesSayHowManyRowsAreLeftOut) {
  Summary summary(SummaryOptions{});
  for (int i = 0; i < 30; ++i) {
    summary.add(RecordSpec{.orig = address(fmt::format("192.0.2.{}", i + 1)),
                           .port = 25,
                           .outcome = Outcome::Refused,
                           .state = ConnState::REJ}
                    .record());
  }
  const std::string whole = render(some_capture(), summary, {.width = 80});
  EXPECT_THAT(whole, HasSubstr("Failing (10 of 30)\n"));
  const std::string part = render(some_capture(), summary, {.width = 80, .height = 24});
  const std::size_t title = part.find("Failing (");
  ASSERT_NE(title, std::string::npos) << part;
  std::size_t rows = 0;
  const std::size_t end = part.find("\n\n", title);
  for (std::size_t at = title; (at = part.find("refused", at + 1)) < end;) ++rows;
  EXPECT_LT(rows, 10u);
  EXPECT_THAT(part, HasSubstr(fmt::format("Failing ({} of 30)\n", rows)));
}

TEST(TextReport, ShowsServicesAndFailingPairs) {
  Summary summary(SummaryOptions{});
  fill(summary);
  const std::string text = render(some_capture(), summary, {.width = 80});
  EXPECT_THAT(text, HasSubstr(R"(
Failing
  From                      To                       Port  Failed  Of  Cause
  192.0.2.9                 198.51.100.1             25         9   9  refused
  2001:db8:123…0:1234:5678  2001:db8:ff…f:ffff:fffe  443        1   1  no answer

Connections
)"));
  EXPECT_THAT(text, HasSubstr(R"(
Services
  Address          Port  Attempts  Success  Clients    Bytes  SYN-ACK p50    p99
  198.51.100.1     443         30     100%        1  5.8 MiB        12 ms  12 ms
  198.51.100.1     25           9     0.0%        1      0 B
  2001:db…ff:fffe  443          1     0.0%        1      0 B

Hosts
)"));
}

TEST(TextReport, FitsIntoItsWidth) {
  Summary summary(SummaryOptions{});
  fill(summary);
  for (const std::size_t width : {80u, 100u, 132u, 200u}) {
    const std::string text = render(some_capture(), summary, {.width = width});
    EXPECT_LE(widest_line(text), width) << text;
  }
}

TEST(TextTable, ShortensAPathAtItsBeginning) {
  EXPECT_EQ(cut_begin("/usr/local/bin/python3", 30, true), "/usr/local/bin/python3");
  EXPECT_EQ(cut_begin("/usr/local/bin/python3", 14, true), "…/bin/python3");
  EXPECT_EQ(cut_begin("/usr/local/bin/python3", 12, false), "../python3");
  EXPECT_EQ(cut_begin("/usr/local/bin/python3", 5, true), "…hon3");
}

TEST(TextReport, ShortensNothingWithoutAWidth) {
  Summary summary(SummaryOptions{});
  fill(summary);
  const std::string text = render(some_capture(), summary);
  EXPECT_THAT(text, HasSubstr("2001:db8:1234:5678:9abc:def0:1234:5678"));
  EXPECT_THAT(text, HasSubstr("2001:db8:ffff:ffff:ffff:ffff:ffff:fffe"));
  EXPECT_THAT(text, Not(HasSubstr("…")));
}

TEST(TextReport, NoLineEndsInBlanks) {
  Summary summary(SummaryOptions{});
  fill(summary);
  EXPECT_THAT(render(some_capture(), summary), Not(HasSubstr(" \n")));
  EXPECT_THAT(render(some_capture(), summary, {.width = 80}), Not(HasSubstr(" \n")));
}

TEST(TextReport, IsPlainAsciiWithoutUnicodeAndColour) {
  Summary summary(SummaryOptions{});
  fill(summary);
  const std::string plain = render(some_capture(), summary, {.unicode = false, .width = 80});
  EXPECT_TRUE(std::all_of(plain.begin(), plain.end(),
                          [](char c) { return c == '\n' || (c >= ' ' && c < 127); }));
  EXPECT_THAT(render(some_capture(), summary, {.color = true}), HasSubstr("\x1b[31mrefused"));
}

TEST(TextReport, HandlesNoPackets) {
  const Summary summary(SummaryOptions{});
  CaptureInfo c;
  c.sources = {"empty.pcap"};
  EXPECT_EQ(render(c, summary), "synfin report\n\n  source   empty.pcap\n  packets  none\n");
}

TEST(TextReport, HandlesNoConnections) {
  const Summary summary(SummaryOptions{});
  const std::string text = render(some_capture(), summary);
  EXPECT_THAT(text, HasSubstr("\nConnections\n  No TCP connections.\n"));
  for (const char* title :
       {"States", "Services", "Hosts", "Scanners", "SYN floods", "Longest", "Timeline"}) {
    EXPECT_THAT(text, Not(HasSubstr(title)));
  }
}

TEST(TextReport, ReportsAnUnbalancedLedger) {
  const Summary summary(SummaryOptions{});
  CaptureInfo c = some_capture();
  c.ledger.not_tcp = 997;
  EXPECT_THAT(render(c, summary), HasSubstr("The ledger does not balance: 3 packets too few."));
}

TEST(TextReport, ShowsDropsDamageFilterAndMode) {
  const Summary summary(SummaryOptions{});
  CaptureInfo c = some_capture();
  c.ledger.dropped_kernel = 1234;
  c.damage = {"office.pcap: cut short at byte 99"};
  c.filter = "tcp port 80";
  c.scope = PacketScope::Control;
  c.forged_rst = 1;
  const std::string text = render(c, summary);
  EXPECT_THAT(text, HasSubstr("dropped by kernel   1,234"));
  EXPECT_THAT(text, HasSubstr("  damage     office.pcap: cut short at byte 99\n"));
  EXPECT_THAT(text, HasSubstr("  filter     tcp port 80\n"));
  EXPECT_THAT(text, HasSubstr("12,000; of TCP, control packets only (SYN, FIN, RST)"));
  EXPECT_THAT(text, HasSubstr("  forged     1 RST did not fit\n"));
}

TEST(TextReport, CountsDroppedEventsApartFromPackets) {
  const Summary summary(SummaryOptions{});
  CaptureInfo c = some_capture();
  c.ledger.dropped_ring = 7;
  std::string text = render(c, summary);
  EXPECT_THAT(text, HasSubstr("  events     7 were dropped, because the outputs were too slow"));
  EXPECT_THAT(text, Not(HasSubstr("7 packets")));
  EXPECT_THAT(text, Not(HasSubstr("dropped by"))) << "the table of packets has packets only";
  c.ledger.dropped_kernel = 3;
  c.ledger.dropped_interface = 2;
  text = render(c, summary);
  EXPECT_THAT(text, HasSubstr("  dropped    5 packets\n"));
}

TEST(TextReport, EscapesFileNames) {
  const Summary summary(SummaryOptions{});
  CaptureInfo c;
  c.sources = {"a\x1b[2J\xFF\n.pcap"};
  const std::string text = render(c, summary);
  EXPECT_THAT(text, HasSubstr(R"(a\x1b[2J\xff\x0a.pcap)"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(TextReport, NamesScannersAndFloods) {
  Summary summary(SummaryOptions{});
  for (std::uint16_t p = 1; p <= 30; ++p) {
    summary.add(RecordSpec{.port = p, .outcome = Outcome::Refused, .after = p * 1s}.record());
  }
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    summary.add(RecordSpec{
        .orig = test::numbered(i), .port = 80, .outcome = Outcome::Unanswered, .after = i * 1ms}
                    .record());
  }
  const std::string text = render(some_capture(), summary, {.width = 80});
  EXPECT_THAT(text, HasSubstr(R"(
SYN floods
  Unfinished attempts from very many sources, which are not listed.
  Target        Port  Attempts  Per second  Sources  Since                 For
  198.51.100.1  80      20,000       1,000   20,000  2026-03-01 12:00:00  20 s
)"));
  EXPECT_THAT(text, HasSubstr(R"(
Scanners
  One originator, many targets, mostly without success.
  Address    Scan      Probes  Targets  Hosts  Ports  Attempts  Failed   For
  192.0.2.1  vertical  syn          30      1     30        30      30  29 s
)"));
}

}  // namespace
}  // namespace synfin
