// EventLines: text of every kind, columns, colours, clock, hostile names.
#include "synfin/view/event_lines.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "synfin/report/format.h"
#include "synfin/report/text_table.h"
#include "unit/view/sample_event.h"

namespace synfin {
namespace {

constexpr EventLineOptions kUtc{.color = false, .unicode = true, .zone = Zone::Utc};
constexpr EventLineOptions kAscii{.color = false, .unicode = false, .zone = Zone::Utc};
constexpr EventLineOptions kColor{.color = true, .unicode = true, .zone = Zone::Utc};

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using view_test::event_of;
using view_test::kFirstEvent;

/// The line without the date line before it.
std::string line_of(const Event& event, const Annotations& about = {},
                    EventLineOptions options = kUtc) {
  EventLines lines(options);
  std::string out;
  lines.append(out, event, about);
  const std::size_t first_end = out.find('\n');
  return first_end == std::string::npos ? out : out.substr(first_end + 1);
}

Annotations https() {
  Annotations about;
  about.port_name = "https";
  return about;
}

TEST(EventLines, FormatsAnOpenEvent) {
  const Event event = event_of(EventKind::Open, {}, [](Event&, ConnectionRecord& r) {
    r.state = ConnState::S1;
    r.synack_rtt = microseconds{12'400};
  });
  EventLines lines(kUtc);
  std::string out;
  lines.append(out, event, https());
  EXPECT_EQ(out,
            "-- 2026-03-01 UTC\n"
            "[14:30:16.123] OPEN        192.0.2.7:51234       → 198.51.100.9:443      S1     "
            "rtt 12.4 ms  (https)\n");
}

TEST(EventLines, AsciiModeEmitsOnlyAscii) {
  Annotations about = https();
  about.resp.name = "bücher.example";
  const Event event =
      event_of(EventKind::Close, milliseconds{880}, [](Event&, ConnectionRecord& r) {
        r.state = ConnState::SF;
        r.orig.bytes = 1234;
        r.resp.bytes = 34816;
        r.bytes_basis = BytesBasis::Seen;
        r.closed_by = Side::Orig;
      });
  const std::string line = line_of(event, about, kAscii);
  EXPECT_EQ(
      line,
      "[14:30:17.003] CLOSE       192.0.2.7:51234       -> 198.51.100.9:443      SF     "
      "by originator  880 ms  1.2 KiB up 34.0 KiB down  (-> b\\xc3\\xbccher.example, https)\n");
}

TEST(EventLines, ARecordEmitsNothing) {
  EventLines lines(kUtc);
  std::string out;
  lines.append(out, event_of(EventKind::Record), {});
  EXPECT_EQ(out, "");
}

TEST(EventLines, ALineWithoutCauseHasNoTrailingBlanks) {
  EXPECT_EQ(line_of(event_of(EventKind::Syn)),
            "[14:30:16.123] SYN         192.0.2.7:51234       → 198.51.100.9:443      S0\n");
}

/// The column of `what`, in characters.
std::size_t column_of(const std::string& line, std::string_view what) {
  std::size_t column = 0;
  for (std::size_t i = 0; i < line.find(what); ++i) column += (line[i] & 0xC0) != 0x80;
  return column;
}

TEST(EventLines, ColumnsAlignForEveryKindAndIpv4Address) {
  std::set<std::size_t> arrows;
  std::set<std::size_t> states;
  for (int kind = 0; kind < kEventKinds - 1; ++kind) {
    for (const std::uint32_t address : {0x01010101u, 0xFFFFFFFFu}) {
      const Event event =
          event_of(static_cast<EventKind>(kind), {}, [&](Event&, ConnectionRecord& r) {
            r.tuple.orig = {Address::from_v4(address), static_cast<std::uint16_t>(address)};
            r.tuple.resp = {Address::from_v4(~address), 1};
            r.state = ConnState::RSTOS0;
          });
      const std::string line = line_of(event, https());
      arrows.insert(column_of(line, "→"));
      states.insert(column_of(line, "RSTOS0"));
    }
  }
  EXPECT_EQ(arrows.size(), 1u);
  EXPECT_EQ(states.size(), 1u);
}

TEST(EventLines, Ipv6HasBracketsAndKeepsTheColumnsIfItFits) {
  const auto with = [](const char* orig, const char* resp) {
    return line_of(event_of(EventKind::Syn, {}, [&](Event&, ConnectionRecord& r) {
      r.tuple = {{Address::parse(orig).value(), 51234}, {Address::parse(resp).value(), 443}};
    }));
  };
  const std::string brief = with("2001:db8::1", "2001:db8::2");
  EXPECT_EQ(brief, "[14:30:16.123] SYN         [2001:db8::1]:51234   → [2001:db8::2]:443     S0\n");
  // A long originator moves the arrow; after a short responder, the state is in its column again.
  const std::string wide = with("2001:db8:1111::1", "2001:db8::2");
  EXPECT_GT(column_of(wide, "→"), column_of(brief, "→"));
  EXPECT_EQ(column_of(wide, "S0\n"), column_of(brief, "S0\n"));
  const std::string longest =
      with("2001:db8:1111:2222:3333:4444:5555:6666", "2001:db8:1111:2222:3333:4444:5555:7777");
  EXPECT_NE(longest.find(":6666]:51234 → [2001:db8:1111:2222:3333:4444:5555:7777]:443 S0\n"),
            std::string::npos)
      << longest;
}

TEST(EventLines, FitInto80Columns) {
  Annotations about = https();
  about.orig.name = "a-rather-long-name.department.example";
  about.resp.name = "another-long-name.of-a-service.example.org";
  EventLineOptions options = kUtc;
  options.width = 80;
  EventLines lines(options);
  for (const char* address : {"192.0.2.1", "203.113.113.113", "2001:db8:1111:2222:3333::4444"}) {
    for (int kind = 0; kind < kEventKinds - 1; ++kind) {
      const Event event =
          event_of(static_cast<EventKind>(kind), seconds{75}, [&](Event&, ConnectionRecord& r) {
            r.tuple.orig = {Address::parse(address).value(), 51234};
            r.tuple.resp = {Address::parse(address).value(), 50443};
            r.state = ConnState::RSTOS0;
            r.syn_retries = 5;
          });
      std::string text;
      lines.append(text, event, about);
      const std::string line = text.substr(text.rfind("14:31:31"));
      EXPECT_LE(columns_of(line.substr(0, line.size() - 1)), 80u) << line;
      EXPECT_NE(line.find("RSTOS0"), std::string::npos) << line;
      EXPECT_NE(line.find(to_string(static_cast<EventKind>(kind))), std::string::npos) << line;
    }
  }
}

TEST(EventLines, NamesComeLast) {
  Annotations about = https();
  about.orig.name = "laptop.example";
  about.orig.country = "SE";
  about.resp.name = "www.example.org";
  about.resp.country = "DE";
  const std::string line = line_of(event_of(EventKind::Syn), about);
  EXPECT_NE(line.find("198.51.100.9:443      S0     (laptop.example SE → "
                      "www.example.org DE, https)\n"),
            std::string::npos)
      << line;
}

TEST(EventLines, HostileNamesAreEscaped) {
  Annotations about;
  about.port_name = "\x1b]0;title\x07";
  about.orig.name = "\x1b[2J\nfake line\r\u202e\xff";
  about.resp.name =
      "\xc2\x9b"
      "31m\\";
  for (const EventLineOptions& options : {kUtc, kAscii}) {
    const std::string line = line_of(event_of(EventKind::Syn), about, options);
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
      EXPECT_GE(static_cast<unsigned char>(line[i]), 0x20) << i;
    }
    EXPECT_EQ(line.back(), '\n');
    EXPECT_NE(line.find("(\\x1b[2J\\x0afake line\\x0d\\xe2\\x80\\xae\\xff "), std::string::npos);
    EXPECT_NE(line.find(" \\xc2\\x9b31m\\\\, \\x1b]0;title\\x07)"), std::string::npos);
  }
}

TEST(EventLines, ColoursOnlyIfEnabled) {
  const Event refused = event_of(EventKind::Refused);
  EXPECT_EQ(line_of(refused).find('\x1b'), std::string::npos);
  const std::string line = line_of(refused, {}, kColor);
  EXPECT_NE(line.find("] \x1b[31mREFUSED\x1b[0m     192.0.2.7"), std::string::npos) << line;
  EXPECT_NE(line_of(event_of(EventKind::Open), {}, kColor).find("\x1b[32mOPEN\x1b[0m"),
            std::string::npos);
  EXPECT_NE(line_of(event_of(EventKind::Retry), {}, kColor).find("\x1b[1mRETRY\x1b[0m"),
            std::string::npos);
  EXPECT_NE(line_of(event_of(EventKind::Close), {}, kColor).find("\x1b[31mCLOSE\x1b[0m"),
            std::string::npos);
}

TEST(EventLines, ColoursDoNotChangeTheWidth) {
  std::string plain = line_of(event_of(EventKind::Unreachable), https(), kColor);
  for (std::size_t at = 0; (at = plain.find('\x1b')) != std::string::npos;) {
    plain.erase(at, plain.find('m', at) - at + 1);
  }
  EXPECT_EQ(plain, line_of(event_of(EventKind::Unreachable), https()));
}

TEST(EventLines, ADateLinePrecedesANewDay) {
  EventLines lines(kUtc);
  std::string out;
  const auto append = [&](Duration after_midnight) {
    Event event = event_of(EventKind::Syn);
    event.time = timestamp_from_ns(1772409600'000000000) + after_midnight;  // 2026-03-02 00:00 UTC
    lines.append(out, event, {});
    return std::exchange(out, {}).substr(0, 17);
  };
  EXPECT_EQ(append(-milliseconds{2}), "-- 2026-03-01 UTC");
  EXPECT_EQ(append(-milliseconds{1}), "[23:59:59.999] SY");
  EXPECT_EQ(append(milliseconds{0}), "-- 2026-03-02 UTC");
  EXPECT_EQ(append(seconds{1}), "[00:00:01.000] SY");
  EXPECT_EQ(append(-seconds{1}), "-- 2026-03-01 UTC") << "a clock that steps back";
}

/// The zone of New York, where summer time ends at 06:00 UTC on the first Sunday of November.
class EventLinesInNewYork : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* zone = std::getenv("TZ")) before_ = zone;
    setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1);
    tzset();
  }
  void TearDown() override {
    before_.empty() ? unsetenv("TZ") : setenv("TZ", before_.c_str(), 1);
    tzset();
  }
  std::string before_;
};

TEST_F(EventLinesInNewYork, ADateLinePrecedesAnHourThatComesAgain) {
  EventLines lines({.color = false, .unicode = true, .zone = Zone::Local});
  const auto append = [&](Duration after) {
    Event event = event_of(EventKind::Syn);
    event.time = timestamp_from_ns(1793512800'000000000) + after;  // 2026-11-01 06:00 UTC
    std::string out;
    lines.append(out, event, {});
    return out.substr(0, 20);
  };
  EXPECT_EQ(append(-seconds{2}), "-- 2026-11-01 -04:00");
  EXPECT_EQ(append(-seconds{1}), "[01:59:59.000] SYN  ");
  EXPECT_EQ(append(seconds{0}), "-- 2026-11-01 -05:00");
  EXPECT_EQ(append(seconds{1}), "[01:00:01.000] SYN  ");
}

TEST(EventLines, TimesBeforeTheEpoch) {
  Event event = event_of(EventKind::Syn);
  event.time = timestamp_from_ns(-1);
  EXPECT_EQ(line_of(event).substr(0, 14), "[23:59:59.999]");
  event.time = timestamp_from_ns(-1'999'999'999);
  EXPECT_EQ(line_of(event).substr(0, 14), "[23:59:58.000]");
}

TEST(EventLines, Status) {
  EventLines lines(kUtc);
  std::string out;
  Event event = event_of(EventKind::Syn);
  event.time = kFirstEvent;
  for (const EventKind kind : {EventKind::Syn, EventKind::Syn, EventKind::Open, EventKind::Refused,
                               EventKind::Aborted, EventKind::HalfOpen, EventKind::Midstream}) {
    event.kind = kind;
    lines.append(out, event, {});
  }
  out.clear();
  lines.append_status(out, {.time = kFirstEvent + seconds{10}, .open = 1512, .dropped = 0});
  lines.append_status(out, {.time = kFirstEvent + seconds{20}, .open = 1, .dropped = 1000});
  lines.append_status(out, {.time = kFirstEvent + seconds{30}, .dropped_events = 2});
  EXPECT_EQ(out,
            "-- 14:30:26  1,512 open  2 new  2 failed  0.2 conn/s  0 dropped\n"
            "-- 14:30:36  1 open  0 new  0 failed  0.0 conn/s  1,000 dropped\n"
            "-- 14:30:46  0 open  0 new  0 failed  0.0 conn/s  0 dropped  2 events dropped\n");
  std::string colored;
  EventLines(kColor).append_status(colored, {.time = kFirstEvent, .dropped = 7});
  EXPECT_NE(colored.find("\x1b[31m7 dropped\x1b[0m\n"), std::string::npos) << colored;
}

}  // namespace
}  // namespace synfin
