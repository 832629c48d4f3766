// ServicesView: counts, states, rates, orders, filters, bounds.
#include "view/services_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/view/changes.h"

namespace synfin {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using view_test::at;
using view_test::Feed;
using view_test::print;

TEST(ServicesView, OneRowForEachServiceWithItsState) {
  ServicesView view({.max_hosts = 100, .seed = 1});
  Feed feed(view);
  feed.closed(at("192.0.2.1", 1), at("198.51.100.1", 80));
  feed.closed(at("192.0.2.2", 1), at("198.51.100.1", 80), seconds{5});
  feed.failed(at("192.0.2.1", 2), at("198.51.100.1", 25), EventKind::Refused, Outcome::Refused);
  feed.failed(at("192.0.2.1", 3), at("2001:db8::1", 22), EventKind::Unanswered,
              Outcome::Unanswered);
  EXPECT_EQ(print(view), R"(3 services
  Address       Port     State   Attempts▼  Success  Refused  No answer  Clients  Last
  198.51.100.1  80 http  open            2     100%                            2  12:00:05
  2001:db8::1   22       silent          1     0.0%                   1        1  12:00:00
  198.51.100.1  25       closed          1     0.0%        1                   1  12:00:00
)");
}

TEST(ServicesView, AnOpenConnectionCountsAtOnceAndOnlyOnce) {
  ServicesView view({.max_hosts = 100, .seed = 1});
  Feed feed(view);
  view_test::ConnectionScript details(at("192.0.2.1", 1), at("198.51.100.1", 80));
  feed.emit(details, EventKind::Syn, Outcome::Unanswered);
  feed.emit(details, EventKind::Open, Outcome::Open);
  EXPECT_THAT(print(view), HasSubstr("open           1     100%    1        1  "));
  feed.emit(details, EventKind::Close, Outcome::Closed);
  feed.emit(details, EventKind::Record, Outcome::Closed);
  EXPECT_THAT(print(view), HasSubstr("open           1     100%        1"));
}

TEST(ServicesView, TimesEachSynAckOnceEvenIfNoAckAnsweredIt) {
  ServicesView view({.max_hosts = 100, .seed = 1});
  Feed feed(view);
  view_test::ConnectionScript open(at("192.0.2.1", 1), at("198.51.100.1", 80));
  feed.emit(open, EventKind::Syn, Outcome::Unanswered);
  open.record().synack_rtt = std::chrono::milliseconds{10};
  feed.emit(open, EventKind::Open, Outcome::Open);
  feed.emit(open, EventKind::Record, Outcome::Open);
  view_test::ConnectionScript half(at("192.0.2.1", 2), at("198.51.100.1", 80));
  feed.emit(half, EventKind::Syn, Outcome::Unanswered);
  half.record().synack_rtt = std::chrono::milliseconds{50};
  feed.emit(half, EventKind::HalfOpen, Outcome::HalfOpen);
  feed.emit(half, EventKind::Record, Outcome::HalfOpen);
  EXPECT_THAT(print(view), HasSubstr("10 ms"));
  EXPECT_THAT(print(view), HasSubstr("50 ms"));
}

TEST(ServicesView, TheLatestEvidenceDeterminesTheState) {
  ServicesView view({.max_hosts = 100, .seed = 1});
  Feed feed(view);
  feed.closed(at("192.0.2.1", 1), at("198.51.100.1", 80));
  feed.failed(at("192.0.2.1", 2), at("198.51.100.1", 80), EventKind::Refused, Outcome::Refused);
  EXPECT_THAT(print(view), HasSubstr("closed"));
}

TEST(ServicesView, AnOpenPortIsSilentAfterTwoLaterAttemptsWithoutAnAnswer) {
  ServicesView view({.max_hosts = 100, .seed = 1});
  Feed feed(view);
  const Endpoint port = at("198.51.100.1", 80);
  const auto unanswered = [&](std::uint16_t from, seconds after) {
    view_test::ConnectionScript s(at("192.0.2.9", from), port, after);
    feed.emit(s, EventKind::Syn, Outcome::Unanswered);
    for (s.record().syn_retries = 1; s.record().syn_retries < 3; ++s.record().syn_retries)
      feed.emit(s, EventKind::Retry, Outcome::Unanswered, seconds{1});
    feed.emit(s, EventKind::Unanswered, Outcome::Unanswered, seconds{5});
    feed.emit(s, EventKind::Record, Outcome::Unanswered);
  };
  feed.closed(at("192.0.2.1", 1), port, seconds{2});
  unanswered(1, seconds{0});  // The port answered another client meanwhile.
  unanswered(2, seconds{10});
  EXPECT_THAT(print(view), HasSubstr("open"));
  feed.closed(at("192.0.2.1", 2), port, seconds{30});
  unanswered(3, seconds{40});
  EXPECT_THAT(print(view), HasSubstr("open"));
  unanswered(4, seconds{60});
  EXPECT_THAT(print(view), HasSubstr("silent"));
}

TEST(ServicesView, ASynThatIsRepeatedAfterAnAnswerProvesNoSilence) {
  ServicesView view({.max_hosts = 100, .seed = 1});
  Feed feed(view);
  view_test::ConnectionScript half(at("192.0.2.1", 1), at("198.51.100.1", 80));
  feed.emit(half, EventKind::Syn, Outcome::Unanswered);
  half.record().syn_retries = 1;
  feed.emit(half, EventKind::HalfOpen, Outcome::HalfOpen);
  half.record().syn_retries = 2;
  feed.emit(half, EventKind::Retry, Outcome::HalfOpen);
  EXPECT_THAT(print(view), HasSubstr("open"));
  view_test::ConnectionScript away(at("192.0.2.1", 2), at("198.51.100.1", 81));
  feed.emit(away, EventKind::Syn, Outcome::Unanswered);
  feed.emit(away, EventKind::Unreachable, Outcome::Unreachable);
  away.record().syn_retries = 2;
  feed.emit(away, EventKind::Retry, Outcome::Unreachable);
  EXPECT_THAT(print(view), HasSubstr("unreachable"));
  EXPECT_THAT(print(view), Not(HasSubstr("silent")));
}

TEST(ServicesView, SelectsSortsAndFiltersRows) {
  ServicesView view({.max_hosts = 100, .seed = 1});
  Feed feed(view);
  for (std::uint16_t port = 1; port <= 20; ++port)
    feed.closed(at("192.0.2.1", 1), at("198.51.100.1", port));
  view_test::FewNames names;
  ViewRequest request;
  request.first = 5;
  request.count = 3;
  request.order = 1;
  const ViewPage page = view.page(request, names);
  EXPECT_EQ(page.of, 20u);
  ASSERT_EQ(page.table.rows.size(), 3u);
  EXPECT_EQ(page.table.rows[0][1].text, "6");
  EXPECT_EQ(page.targets[0].port, 6);
  request.filter = "198.51.100.1 7 ";
  EXPECT_EQ(view.page(request, names).of, 1u);
  request.filter = "nothing";
  EXPECT_EQ(view.page(request, names).of, 0u);
}

TEST(ServicesView, ReportsThatThereAreMoreServicesThanTheBound) {
  ServicesView view({.max_hosts = 16, .seed = 1});
  Feed feed(view);
  for (int i = 0; i < 3; ++i) feed.closed(at("192.0.2.1", 1), at("198.51.100.1", 80), seconds{i});
  for (std::uint16_t port = 100; port <= 400; ++port) {
    feed.failed(at("192.0.2.1", 1), at("198.51.100.1", port), EventKind::Refused, Outcome::Refused);
  }
  const std::string text = print(view);
  EXPECT_THAT(text, HasSubstr("More than 16 services"));
  EXPECT_THAT(text, HasSubstr("80 http"));
}

TEST(ServicesView, BackscatterIsNoAttempt) {
  ServicesView view({.max_hosts = 16, .seed = 1});
  Feed feed(view);
  view_test::ConnectionScript details(at("192.0.2.1", 1), at("198.51.100.1", 80));
  feed.emit(details, EventKind::Backscatter, Outcome::Backscatter);
  feed.emit(details, EventKind::Record, Outcome::Backscatter);
  EXPECT_THAT(print(view), Not(HasSubstr("198.51.100.1")));
}

}  // namespace
}  // namespace synfin
