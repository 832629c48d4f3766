// The causes of events and connections in words.
#include "view/event_cause.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "synfin/report/format.h"
#include "unit/view/sample_event.h"

namespace synfin {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// The text after the state.
template <typename ConnectionChange>
std::string detail_of(EventKind kind, Duration age, ConnectionChange change) {
  return describe_event(view_test::event_of(kind, age, change), true);
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

TEST(EventCause, OnlyWhatFailedOrEndedEarlyHasACause) {
  const auto cause_of = [](EventKind kind) {
    return describe_cause(
        view_test::event_of(kind, milliseconds{20}, [](Event& e, ConnectionRecord& r) {
          e.side = r.closed_by = Side::Orig;
          r.synack_rtt = microseconds{15};
        }));
  };
  for (const EventKind kind : {EventKind::Syn, EventKind::Retry, EventKind::Open, EventKind::Fin,
                               EventKind::Midstream, EventKind::Close, EventKind::Reset})
    EXPECT_EQ(cause_of(kind), "") << to_string(kind);
  EXPECT_EQ(cause_of(EventKind::Refused), "by RST, after 20 ms");
  EXPECT_EQ(cause_of(EventKind::Aborted), "by originator, after 20 ms, before the handshake ended");
  EXPECT_EQ(cause_of(EventKind::Evicted), "table full, no longer tracked");
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
