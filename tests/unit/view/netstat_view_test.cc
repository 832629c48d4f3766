// NetstatView: when a connection is listed, columns, hostile text, existing sockets.
#include "synfin/view/netstat_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/view/changes.h"

namespace synfin {
namespace {

using testing::HasSubstr;
using view_test::at;
using view_test::Feed;

class NetstatViewTest : public testing::Test {
 protected:
  std::string print_new(std::size_t width = 0, RequestedColumns requested = {}) {
    ViewRequest request;
    request.zone = Zone::Utc;
    std::string out;
    request.width = width;
    request.requested = requested;
    view_.print_new(out, request, names_);
    return out;
  }
  view_test::FewNames names_;
  Locality local_{{Cidr::parse("198.51.100.0/24").value()}, {}};
  NetstatView view_{{.max_hosts = 100, .seed = 1}, local_};
  Feed feed_{view_};
};

TEST_F(NetstatViewTest, ListsAConnectionWhenItIsAnswered) {
  view_test::ConnectionScript details(at("192.0.2.1", 5000), at("198.51.100.1", 80));
  feed_.emit(details, EventKind::Syn, Outcome::Unanswered);
  EXPECT_EQ(print_new(), "");
  feed_.emit(details, EventKind::Open, Outcome::Open);
  EXPECT_EQ(print_new(),
            "Time                Proto     ID User       Local-Address            Foreign-Address  "
            "        State       "
            "    PID Exe Command-Line\n"
            "2026-03-01 12:00:00 tcp        1 -          198.51.100.1:80          192.0.2.1:5000   "
            "        ESTABLISHED "
            "      - - -\n");
  feed_.emit(details, EventKind::Close, Outcome::Closed);
  feed_.emit(details, EventKind::Record, Outcome::Closed);
  EXPECT_EQ(print_new(), "");
}

TEST_F(NetstatViewTest, NarrowTerminalsShowTimeProcessAndEndpoints) {
  feed_.closed(at("192.0.2.1", 5000), at("198.51.100.1", 80));
  EXPECT_EQ(print_new(80),
            "Time        PID Exe        State       Local-Address        Foreign-Address\n"
            "12:00:00      - -          ESTABLISHED 198.51.100.1:80      192.0.2.1:5000\n");
}

TEST_F(NetstatViewTest, ShowsNamesOnRequest) {
  feed_.closed(at("192.0.2.1", 5000), at("198.51.100.1", 80));
  EXPECT_THAT(print_new(0, {.names = true}), HasSubstr("192.0.2.1:5000           alice.example "));
}

TEST_F(NetstatViewTest, ListsAnUnansweredSynOnceAtItsRetry) {
  view_test::ConnectionScript details(at("198.51.100.1", 5000), at("192.0.2.1", 80));
  feed_.emit(details, EventKind::Syn, Outcome::Unanswered);
  details.record().syn_retries = 1;
  feed_.emit(details, EventKind::Retry, Outcome::Unanswered);
  EXPECT_THAT(print_new(), HasSubstr("198.51.100.1:5000        192.0.2.1:80             SYN_SENT"));
  details.record().syn_retries = 2;
  feed_.emit(details, EventKind::Retry, Outcome::Unanswered);
  feed_.emit(details, EventKind::Unanswered, Outcome::Unanswered);
  feed_.emit(details, EventKind::Record, Outcome::Unanswered);
  EXPECT_EQ(print_new(), "");
}

TEST_F(NetstatViewTest, ListsConnectionsPendingAtTheEnd) {
  view_test::ConnectionScript details(at("198.51.100.1", 5000), at("192.0.2.1", 80));
  feed_.emit(details, EventKind::Syn, Outcome::Unanswered);
  feed_.emit(details, EventKind::Record, Outcome::Pending);
  EXPECT_THAT(print_new(), HasSubstr("SYN_SENT"));
}

TEST_F(NetstatViewTest, ARefusedConnectionIsClosed) {
  feed_.failed(at("198.51.100.1", 5000), at("192.0.2.1", 80), EventKind::Refused, Outcome::Refused);
  EXPECT_THAT(print_new(), HasSubstr("CLOSED"));
}

TEST_F(NetstatViewTest, ExistingSocketsComeFirst) {
  HostSockets host;
  HostSocket listener;
  listener.state = SocketState::Listen;
  listener.local = at("0.0.0.0", 22);
  host.sockets.push_back(listener);
  view_.note_sockets(host, view_test::kStart, [](const SocketInfo&) {
    std::optional<EndpointAnnotations> owner{std::in_place};
    owner->user = "root";
    owner->exe = "/usr/sbin/ss\x1b[2Jhd";
    owner->pid = 1;
    return owner;
  });
  const std::string text = print_new();
  EXPECT_THAT(
      text,
      HasSubstr(
          "root       0.0.0.0:22               0.0.0.0:*                LISTEN            1"));
  EXPECT_THAT(text, HasSubstr("/usr/sbin/ss\\x1b[2Jhd"));
}

TEST_F(NetstatViewTest, AnExistingSocketIsListedOnceAndAHiddenOneNever) {
  HostSockets host;
  for (const std::uint16_t port : {std::uint16_t{5000}, std::uint16_t{5001}}) {
    HostSocket& s = host.sockets.emplace_back();
    s.state = SocketState::Established;
    s.local = at("198.51.100.1", 80);
    s.remote = at("192.0.2.1", port);
  }
  view_.note_sockets(host, view_test::kStart, [](const SocketInfo& s) {
    return s.remote.port == 5001 ? std::nullopt : std::optional<EndpointAnnotations>{std::in_place};
  });
  view_test::ConnectionScript details(at("192.0.2.1", 5000), at("198.51.100.1", 80));
  details.record().direction_basis = DirectionBasis::Socket;
  feed_.emit(details, EventKind::Midstream, Outcome::Midstream);
  const std::string text = print_new();
  EXPECT_THAT(text, HasSubstr("192.0.2.1:5000"));
  EXPECT_EQ(text.find("192.0.2.1:5000"), text.rfind("192.0.2.1:5000")) << text;
  EXPECT_THAT(text, testing::Not(HasSubstr("192.0.2.1:5001")));
}

TEST_F(NetstatViewTest, AConfirmedNameHasAStarButNoneInData) {
  struct : Lookup {
    EndpointAnnotations about(const Address&) override {
      EndpointAnnotations about;
      about.name = "web.example.net";
      about.name_confirmed = true;
      return about;
    }
    std::string_view port_name(std::uint16_t) override { return {}; }
  } names;
  feed_.closed(at("192.0.2.1", 1), at("198.51.100.1", 80));
  ViewRequest request;
  request.requested.names = true;
  for (const std::size_t width : {std::size_t{0}, std::size_t{80}}) {
    request.width = width;
    std::string text;
    NetstatView view({.max_hosts = 100, .seed = 1}, local_);
    Feed feed(view);
    feed.closed(at("192.0.2.1", 1), at("198.51.100.1", 80));
    view.print_new(text, request, names);
    EXPECT_THAT(text, HasSubstr(width == 0 ? "web.example.net* " : "web.example.net*:1"));
  }
  const Cell name = view_.page(request, names).table.rows.at(0).at(6);
  EXPECT_EQ(name.text, "web.example.net*");
  EXPECT_EQ(name.raw, "web.example.net");
  EXPECT_EQ(about_cells(names.about({}))[0].text, "web.example.net*");
}

TEST_F(NetstatViewTest, TheScreenShowsTheLatestFirst) {
  for (std::uint16_t i = 1; i <= 300; ++i) feed_.closed(at("192.0.2.1", i), at("198.51.100.1", 80));
  view_test::FewNames names;
  ViewRequest request;
  request.count = 2;
  const ViewPage page = view_.page(request, names);
  EXPECT_EQ(page.of, 100u);
  EXPECT_EQ(page.table.rows.at(0).at(2).raw, "300");
}

}  // namespace
}  // namespace synfin
