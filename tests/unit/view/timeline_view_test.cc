// TimelineView: symbols, scales, bounds, listeners, the tables of a report.
#include "synfin/view/timeline_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "unit/view/changes.h"

namespace synfin {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using view_test::at;
using view_test::Feed;

std::string runs_text(const SymbolRuns& runs) { return runs.text(false); }

TEST(SymbolRuns, KeepTheStrongerSymbolOfAUnit) {
  SymbolRuns runs;
  runs.note(10, Symbol::New, Symbol::Nothing);
  runs.note(10, Symbol::Active, Symbol::Active);
  runs.note(13, Symbol::Closed, Symbol::Active);
  runs.note(15, Symbol::New, Symbol::Nothing);
  EXPECT_EQ(runs_text(runs), "A1 #2 x1 .1 A1");
  EXPECT_EQ(runs.begin(), 10);
  EXPECT_EQ(runs.end(), 16);
  EXPECT_EQ(runs.busy(), 5u);
  runs.note(12, Symbol::Closed, Symbol::Nothing);  // late: counts in the last unit, where New stays
  EXPECT_EQ(runs_text(runs), "A1 #2 x1 .1 A1");
}

TEST(SymbolRuns, WidenKeepsTheStrongestOfEachUnit) {
  SymbolRuns runs;
  runs.note(-3, Symbol::New, Symbol::Nothing);
  runs.note(5, Symbol::Closed, Symbol::Active);
  runs.note(8, Symbol::New, Symbol::Nothing);
  runs.widen(4);  // units -1, 0, 1, 2
  EXPECT_EQ(runs_text(runs), "A1 #1 x1 A1");
  EXPECT_EQ(runs.begin(), -1);
}

TEST(SymbolRuns, SeenFoldsUnits) {
  SymbolRuns runs;
  runs.note(0, Symbol::New, Symbol::Nothing);
  runs.note(9, Symbol::Closed, Symbol::Active);
  EXPECT_EQ(runs.seen(0, 3, Symbol::Nothing), Symbol::New);
  EXPECT_EQ(runs.seen(3, 6, Symbol::Nothing), Symbol::Active);
  EXPECT_EQ(runs.seen(6, 12, Symbol::Nothing), Symbol::Closed);
  EXPECT_EQ(runs.seen(12, 15, Symbol::Active), Symbol::Active);
  EXPECT_EQ(runs.seen(-5, 0, Symbol::Nothing), Symbol::Nothing);
}

TEST(SymbolRuns, KeepLatestRemovesEarlierRuns) {
  SymbolRuns runs;
  for (int i = 0; i < 5; ++i) runs.note(2 * i, Symbol::New, Symbol::Nothing);
  EXPECT_EQ(runs.keep_latest(9), 0u);
  EXPECT_EQ(runs.keep_latest(3), 6u);
  EXPECT_EQ(runs_text(runs), "A1 .1 A1");
  EXPECT_EQ(runs.begin(), 6);
}

class TimelineViewTest : public testing::Test {
 protected:
  std::string print(const TimelineView& view, Duration now, std::size_t width = 0) {
    ViewRequest request;
    request.now = view_test::kStart + now;
    request.width = width;
    request.unicode = false;
    request.zone = Zone::Utc;
    Document document;
    document.tables.push_back(view.page(request, names_).table);
    RenderOptions options;
    options.unicode = false;
    options.width = width;
    return render_text(document, options);
  }
  Locality local_{{Cidr::parse("198.51.100.0/24").value()}, {}};
  view_test::FewNames names_;
};

TEST_F(TimelineViewTest, ShowsASymbolForEachUnit) {
  TimelineView view({.max_hosts = 100, .seed = 1}, local_, {.unit = seconds{1}, .live = false});
  Feed feed(view);
  view_test::ConnectionScript details(at("192.0.2.1", 1), at("198.51.100.1", 80));
  feed.emit(details, EventKind::Syn, Outcome::Unanswered);
  feed.emit(details, EventKind::Open, Outcome::Open);
  feed.emit(details, EventKind::Close, Outcome::Closed, seconds{4});
  feed.emit(details, EventKind::Record, Outcome::Closed);
  view_test::ConnectionScript other(at("198.51.100.1", 2), at("203.0.113.9", 443), seconds{2});
  feed.emit(other, EventKind::Open, Outcome::Open);
  EXPECT_EQ(print(view, seconds{6}), R"(2 remote addresses
  One column is 1 s, from 12:00:00.  A new # open o listening x ended . nothing
  Address               State          Port     Count  Name           CC  Network
  203.0.113.9  ..A####  ESTABLISHED 1  443          1
  192.0.2.1    A###x..  closed         80 http      1  alice.example  NL  AS64500 Example
)");
}

TEST_F(TimelineViewTest, ScalesASavefileToTheWidth) {
  TimelineView view({.max_hosts = 100, .seed = 1}, local_, {});
  Feed feed(view);
  for (int i = 0; i < 1000; ++i)
    feed.closed(at("192.0.2.1", 1), at("198.51.100.1", 80), seconds{i * 60});
  const std::string text = print(view, seconds{60'000}, 80);
  EXPECT_THAT(text, HasSubstr("One column is "));
  const std::size_t begin = text.find("192.0.2.1");
  EXPECT_LE(text.find('\n', begin) - begin, 80u);
  EXPECT_THAT(text, HasSubstr("AAAAAAAAAAAAAAAAAAAA"));
}

TEST_F(TimelineViewTest, WithAUnitTheLatestUnitsAreShown) {
  TimelineView view({.max_hosts = 100, .seed = 1}, local_, {.unit = seconds{1}, .live = true});
  Feed feed(view);
  feed.closed(at("192.0.2.1", 1), at("198.51.100.1", 80));
  view_test::ConnectionScript late(at("192.0.2.2", 1), at("198.51.100.1", 80), seconds{500});
  feed.emit(late, EventKind::Open, Outcome::Open);
  const std::string text = print(view, seconds{503}, 80);
  EXPECT_THAT(text, HasSubstr("..A###  ESTABLISHED"));
}

TEST_F(TimelineViewTest, ListenersHaveRows) {
  TimelineView view({.max_hosts = 100, .seed = 1}, local_, {.unit = seconds{1}, .live = true});
  HostSockets host;
  HostSocket listener;
  listener.state = SocketState::Listen;
  listener.local = at("0.0.0.0", 80);
  host.sockets.push_back(listener);
  view.note_listeners(host, view_test::kStart);
  view.note_listeners(host, view_test::kStart + seconds{3});
  EXPECT_THAT(print(view, seconds{3}), HasSubstr("0.0.0.0:80  oooo  LISTEN  80 http"));
}

TEST_F(TimelineViewTest, AReopenedListenerHasAGap) {
  TimelineView view({.max_hosts = 100, .seed = 1}, local_, {.unit = seconds{1}, .live = true});
  HostSockets host;
  view.note_listeners(host, view_test::kStart);
  HostSocket& listener = host.sockets.emplace_back();
  listener.state = SocketState::Listen;
  listener.local = at("0.0.0.0", 80);
  view.note_listeners(host, view_test::kStart);
  view.note_listeners({}, view_test::kStart + seconds{2});
  view.note_listeners(host, view_test::kStart + seconds{4});
  EXPECT_THAT(print(view, seconds{4}), HasSubstr("0.0.0.0:80  o...o  LISTEN"));
}

TEST_F(TimelineViewTest, ListenersAreBounded) {
  TimelineView view({.max_hosts = 100, .seed = 1}, local_, {.unit = seconds{1}, .live = true});
  for (int i = 0; i < 3000; ++i) {
    HostSockets host;
    HostSocket& listener = host.sockets.emplace_back();
    listener.state = SocketState::Listen;
    listener.local = at("0.0.0.0", static_cast<std::uint16_t>(i + 1));
    view.note_listeners(host, view_test::kStart + seconds{2 * i});
  }
  view_test::FewNames names;
  ViewRequest request;
  request.now = view_test::kStart + seconds{6000};
  request.width = 80;
  const ViewPage page = view.page(request, names);
  EXPECT_LE(page.of, 1024u);
  EXPECT_THAT(print(view, seconds{6000}, 80), HasSubstr("0.0.0.0:3000"));
}

TEST_F(TimelineViewTest, UnansweredAttemptsAreNotConnected) {
  TimelineView view({.max_hosts = 100, .seed = 1}, local_, {.unit = seconds{1}, .live = false});
  Feed feed(view);
  view_test::ConnectionScript dropped(at("198.51.100.1", 1), at("192.0.2.1", 80));
  feed.emit(dropped, EventKind::Syn, Outcome::Unanswered);
  feed.emit(dropped, EventKind::Retry, Outcome::Unanswered, seconds{3});
  view_test::ConnectionScript good(at("198.51.100.1", 1), at("192.0.2.2", 80));
  feed.emit(good, EventKind::Open, Outcome::Open);
  feed.emit(good, EventKind::Close, Outcome::Closed, seconds{1});
  feed.emit(dropped, EventKind::Unanswered, Outcome::Unanswered, seconds{7});
  EXPECT_THAT(print(view, seconds{10}), HasSubstr("192.0.2.1  A.........x"));
  ViewRequest request;
  request.now = view_test::kStart + seconds{10};
  request.zone = Zone::Utc;
  const auto tables = view.report_tables(request, names_, 100);
  EXPECT_EQ(tables.at(0).rows.at(0).at(1).text, "192.0.2.2");
  EXPECT_EQ(tables.at(0).rows.at(0).at(3).text, "10.0%");
  EXPECT_EQ(tables.at(0).rows.at(1).at(3).text, "0.0%");
  const AddressShares shares = view.shares(request.now);
  ASSERT_EQ(shares.rows.size(), 1u) << "one address never answered";
  EXPECT_EQ(shares.rows[0].address.to_string(), "192.0.2.2");
  EXPECT_NEAR(shares.rows[0].percent, 10.0, 0.05);
}

// A log has each connection as a whole, so a long one follows those that began and ended within it.
TEST_F(TimelineViewTest, ConnectionsThatOverlapCountOnce) {
  TimelineView view({.max_hosts = 100, .seed = 1}, local_, {.unit = seconds{1}, .live = false});
  Feed feed(view);
  for (const int end : {1, 3, 8}) {
    view_test::ConnectionScript script(at("198.51.100.1", static_cast<std::uint16_t>(end)),
                                       at("192.0.2.2", 80));
    feed.emit(script, EventKind::Open, Outcome::Open);
    feed.emit(script, EventKind::Close, Outcome::Closed, seconds{end});
  }
  const AddressShares shares = view.shares(view_test::kStart + seconds{10});
  ASSERT_EQ(shares.rows.size(), 1u);
  EXPECT_NEAR(shares.rows[0].percent, 80.0, 0.05);
}

TEST_F(TimelineViewTest, SymbolsTakeTheWidthThatIsLeft) {
  TimelineView view({.max_hosts = 100, .seed = 1}, local_, {.unit = seconds{1}, .live = true});
  Feed feed(view);
  view_test::ConnectionScript open(at("192.0.2.1", 1), at("198.51.100.1", 80));
  feed.emit(open, EventKind::Open, Outcome::Open);
  for (const std::size_t width : {std::size_t{80}, std::size_t{160}}) {
    const std::string text = print(view, seconds{500}, width);
    EXPECT_THAT(text, HasSubstr("alice.example"));
    if (width > 100) {
      EXPECT_THAT(text, HasSubstr("AS64500"));
    }
    const std::size_t begin = text.find("192.0.2.1 ");
    const std::size_t end = text.find('\n', begin);
    EXPECT_LE(end - begin, width - 2) << text;
    EXPECT_GE(end - begin, width - 12) << text;
  }
}

TEST_F(TimelineViewTest, AReportContainsRunsAndTheMostActive) {
  TimelineView view({.max_hosts = 100, .seed = 1}, local_, {.unit = seconds{1}, .live = false});
  Feed feed(view);
  view_test::ConnectionScript details(at("192.0.2.1", 1), at("198.51.100.1", 80));
  feed.emit(details, EventKind::Open, Outcome::Open);
  feed.emit(details, EventKind::Close, Outcome::Closed, seconds{5});
  feed.closed(at("192.0.2.2", 1), at("198.51.100.1", 80), seconds{9});
  ViewRequest request;
  request.now = view_test::kStart + seconds{10};
  request.unicode = false;
  request.zone = Zone::Utc;
  const auto tables = view.report_tables(request, names_, 100);
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_EQ(tables[0].rows.at(0).at(1).text, "192.0.2.1");
  EXPECT_EQ(tables[1].rows.at(0).back().text, "A1 #4 x1");
  EXPECT_EQ(tables[1].rows.at(1).back().text, "A1");
}

TEST_F(TimelineViewTest, AReportWithoutConnectionsHasNoTable) {
  TimelineView view({.max_hosts = 100, .seed = 1}, local_, {.unit = seconds{1}, .live = true});
  HostSockets host;
  host.sockets.emplace_back().state = SocketState::Listen;
  view.note_listeners(host, view_test::kStart);
  ViewRequest request;
  request.now = view_test::kStart + seconds{3};
  EXPECT_TRUE(view.report_tables(request, names_, 100).empty());
}

TEST_F(TimelineViewTest, AReportContainsTheLatestRunsAndCountsEarlierOnes) {
  TimelineView view({.max_hosts = 100, .seed = 1}, local_, {.unit = seconds{1}, .live = false});
  Feed feed(view);
  for (int i = 0; i < 400; ++i)  // 799 runs
    feed.closed(at("192.0.2.1", 1), at("198.51.100.1", 80), seconds{2 * i});
  ViewRequest request;
  request.unicode = false;
  request.zone = Zone::Utc;
  const auto tables = view.report_tables(request, names_, 100);
  const std::vector<Cell>& row = tables.at(1).rows.at(0);
  EXPECT_THAT(row.back().text, testing::StartsWith("(299 earlier runs) .1 A1 .1"));
  EXPECT_EQ(row.back().raw, row.back().text);
  EXPECT_EQ(std::ranges::count(row.back().raw, '1'), 500);
  EXPECT_THAT(row.at(5).text, HasSubstr("12:04:59")) << "when the first one of them began";
}

TEST_F(TimelineViewTest, UnitsWidenUntilTheRunsFit) {
  TimelineView view({.max_hosts = 100, .seed = 1}, local_,
                    {.unit = seconds{1}, .live = false, .max_runs = 100});
  Feed feed(view);
  for (int i = 0; i < 400; ++i)
    feed.closed(at("192.0.2.1", 1), at("198.51.100.1", 80), seconds{2 * i});
  EXPECT_THAT(print(view, seconds{800}), HasSubstr("One column is 2 s"));
}

TEST_F(TimelineViewTest, MoreAddressesThanRunsEndAtTheWidestUnit) {
  TimelineView view({.max_hosts = 100, .seed = 1}, local_,
                    {.unit = seconds{1}, .live = false, .max_runs = 3});
  Feed feed(view);
  for (std::uint32_t i = 0; i < 50; ++i) {
    const Endpoint from{Address::from_v4(0xC6120000u + i), 1};
    feed.closed(from, at("198.51.100.1", 80), seconds{i});
  }
  const std::string text = print(view, seconds{60});
  EXPECT_THAT(text, HasSubstr("50 remote addresses"));
  EXPECT_THAT(text, HasSubstr("A  closed"));
}

TEST_F(TimelineViewTest, MoreAddressesThanTheBoundKeepTheirRunsApart) {
  TimelineView view({.max_hosts = 16, .seed = 1}, local_, {.unit = seconds{1}, .live = false});
  Feed feed(view);
  for (std::uint32_t i = 0; i < 500; ++i) {
    Endpoint from{Address::from_v4(0xC6120000u + i), 1};
    feed.closed(from, at("198.51.100.1", 80), seconds{1 + i / 100});
  }
  EXPECT_THAT(print(view, seconds{6}), HasSubstr("More than 16 remote addresses"));
}

}  // namespace
}  // namespace synfin
