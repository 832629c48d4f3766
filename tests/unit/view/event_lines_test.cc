// EventLines: text of every kind, columns, colours, clock, hostile names.
#include "synfin/view/event_lines.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "synfin/report/format.h"
#include "synfin/report/text_table.h"
#include "view/event_cause.h"

namespace synfin {
namespace {

constexpr EventLineOptions kUtc{.color = false, .unicode = true, .zone = Zone::Utc};
constexpr EventLineOptions kAscii{.color = false, .unicode = false, .zone = Zone::Utc};
constexpr EventLineOptions kColor{.color = true, .unicode = true, .zone = Zone::Utc};

/// 2026-03-01 14:30:16.123456 UTC.
constexpr Timestamp kFirstEvent = timestamp_from_ns(1772375416'123456000);

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// An event `age` after the first packet of the default connection as modified by `change`.
template <typename ConnectionChange>
Event event_of(EventKind kind, Duration age, ConnectionChange change) {
  Event event;
  event.kind = kind;
  event.time = kFirstEvent + age;
  ConnectionRecord& r = event.connection;
  r.tuple = {{Address::from_v4(0xC0000207), 51234}, {Address::from_v4(0xC6336409), 443}};
  r.first = kFirstEvent;
  r.last = event.time;
  r.state = ConnState::S0;
  change(event, r);
  return event;
}

Event event_of(EventKind kind, Duration age = {}) {
  return event_of(kind, age, [](Event&, ConnectionRecord&) {});
}

/// The line without the date line before it.
std::string line_of(const Event& event, const Annotations& about = {},
                    EventLineOptions options = kUtc) {
  EventLines lines(options);
  std::string out;
  lines.append(out, event, about);
  const std::size_t first_end = out.find('\n');
  return first_end == std::string::npos ? out : out.substr(first_end + 1);
}

/// The text after the state.
template <typename ConnectionChange>
std::string detail_of(EventKind kind, Duration age, ConnectionChange change) {
  return describe_event(event_of(kind, age, change), true);
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
                               EventKind::Unanswered, EventKind::Midstream}) {
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

TEST(EventCause, Attempts) {
  const auto retried = [](unsigned n) {
    return [n](Event&, ConnectionRecord& r) { r.syn_retries = static_cast<std::uint16_t>(n); };
  };
  EXPECT_EQ(detail_of(EventKind::Syn, {}, retried(0)), "");
  EXPECT_EQ(detail_of(EventKind::Retry, seconds{3}, retried(2)), "retry 2  after 3 s");
  EXPECT_EQ(detail_of(EventKind::Open, seconds{1}, retried(1)), "after 1 retry");
  EXPECT_EQ(detail_of(EventKind::Open, seconds{1}, retried(0)), "");
  EXPECT_EQ(detail_of(EventKind::Unanswered, seconds{63}, retried(6)), "6 retries in 1m03s");
  EXPECT_EQ(detail_of(EventKind::Unanswered, {}, retried(0)), "no retry");
}

TEST(EventCause, Failures) {
  EXPECT_EQ(detail_of(EventKind::Refused, microseconds{300},
                      [](Event&, ConnectionRecord& r) { r.end_ttl = 64; }),
            "by RST  after 300 us  ttl 64");
  EXPECT_EQ(detail_of(EventKind::Reset, milliseconds{1200},
                      [](Event& e, ConnectionRecord& r) {
                        e.side = r.closed_by = Side::Resp;
                        r.rst_basis = RstBasis::Unverified;
                        r.end_ttl = 58;
                        r.orig.bytes = 2048;
                        r.bytes_basis = BytesBasis::Rst;
                      }),
            "by responder  after 1.2 s  ttl 58  unverified  2.0 KiB ↑ 0 B ↓");
  EXPECT_EQ(detail_of(EventKind::Aborted, milliseconds{20}, [](Event&, ConnectionRecord&) {}),
            "by originator  after 20 ms  before the handshake ended");
  EXPECT_EQ(detail_of(EventKind::HalfOpen, {}, [](Event&, ConnectionRecord&) {}),
            "no ACK, SYN-ACK repeats");
}

TEST(EventCause, IcmpErrorsAreDescribed) {
  const auto icmp = [](const char* address, int type, int code) {
    return detail_of(EventKind::Unreachable, {}, [&](Event&, ConnectionRecord& r) {
      r.tuple.resp.address = Address::parse(address).value();
      r.icmp_type = static_cast<std::uint8_t>(type);
      r.icmp_code = static_cast<std::uint8_t>(code);
      r.end_ttl = 250;
    });
  };
  EXPECT_EQ(icmp("198.51.100.9", 3, 1), "host unreachable  ICMP 3/1  ttl 250");
  EXPECT_EQ(icmp("198.51.100.9", 3, 13), "prohibited by a filter  ICMP 3/13  ttl 250");
  EXPECT_EQ(icmp("198.51.100.9", 11, 0), "too many hops  ICMP 11/0  ttl 250");
  EXPECT_EQ(icmp("198.51.100.9", 3, 255), "ICMP error  ICMP 3/255  ttl 250");
  EXPECT_EQ(icmp("2001:db8::1", 1, 0), "no route to host  ICMPv6 1/0  ttl 250");
  EXPECT_EQ(icmp("2001:db8::1", 1, 4), "port unreachable  ICMPv6 1/4  ttl 250");
  EXPECT_EQ(icmp("2001:db8::1", 3, 0), "too many hops  ICMPv6 3/0  ttl 250");
  EXPECT_EQ(icmp_words(true, 2, 0), "packet too big");
  EXPECT_EQ(icmp_words(true, 255, 255), "ICMP error");
}

TEST(EventCause, Ends) {
  const auto carried = [](Event& e, ConnectionRecord& r) {
    r.orig.bytes = 100;
    r.resp.bytes = 5'000'000'000;
    r.bytes_basis = BytesBasis::Modulo;
    r.closed_by = e.side = Side::Resp;
    r.state = ConnState::S3;
  };
  EXPECT_EQ(detail_of(EventKind::Fin, seconds{5}, carried),
            "by responder  at least 100 B ↑ 4.7 GiB ↓");
  EXPECT_EQ(detail_of(EventKind::Close, seconds{5}, carried),
            "by responder  5 s  at least 100 B ↑ 4.7 GiB ↓");
  EXPECT_EQ(detail_of(EventKind::Reused, seconds{5}, carried),
            "a new connection uses its ports  at least 100 B ↑ 4.7 GiB ↓");
  EXPECT_EQ(detail_of(EventKind::Timeout, std::chrono::hours{2},
                      [](Event& e, ConnectionRecord& r) { r.last = e.time - seconds{60}; }),
            "idle for 1m00s");
  EXPECT_EQ(detail_of(EventKind::Timeout, seconds{90},
                      [](Event& e, ConnectionRecord& r) {
                        r.last = e.time - seconds{59};
                        r.state = ConnState::S2;
                      }),
            "half-closed, idle for 59 s");
  EXPECT_EQ(detail_of(EventKind::Evicted, {}, [](Event&, ConnectionRecord&) {}),
            "table full, no longer tracked");
}

TEST(EventCause, MidstreamAndBackscatter) {
  const auto seen = [](const char* letters, DirectionBasis basis) {
    return [=](Event&, ConnectionRecord& r) {
      r.history.assign(letters);
      r.direction_basis = basis;
    };
  };
  EXPECT_EQ(detail_of(EventKind::Midstream, {}, seen("D", DirectionBasis::Port)),
            "already open, direction by port");
  EXPECT_EQ(detail_of(EventKind::Midstream, {}, seen("D", DirectionBasis::First)),
            "already open, direction by first packet");
  EXPECT_EQ(detail_of(EventKind::Midstream, {},
                      [](Event&, ConnectionRecord& r) {
                        r.direction_basis = DirectionBasis::First;
                        r.probe = Probe::Null;
                      }),
            "a lone null segment, the probe of a scan");
  EXPECT_EQ(detail_of(EventKind::Backscatter, {}, seen("^h", DirectionBasis::Synack)),
            "SYN-ACK without a SYN");
  EXPECT_EQ(detail_of(EventKind::Backscatter, {}, seen("^r", DirectionBasis::Port)),
            "RST without a connection");
}

TEST(EventCause, ASteppedBackClockYieldsNoDurations) {
  EXPECT_EQ(detail_of(EventKind::Refused, -seconds{1}, [](Event&, ConnectionRecord&) {}), "by RST");
  EXPECT_EQ(detail_of(EventKind::Timeout, -seconds{1},
                      [](Event& e, ConnectionRecord& r) { r.last = e.time + seconds{2}; }),
            "idle");
}

}  // namespace
}  // namespace synfin
