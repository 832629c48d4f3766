// What each option hides, which end counts as remote, and that what is hidden is counted.
#include "synfin/app/hiding.h"

#include "unit/enrich/geo_samples.h"

namespace synfin {
namespace {

Event record_of(const char* orig, const char* resp, std::uint16_t port = 443) {
  Event event;
  event.kind = EventKind::Record;
  event.connection.tuple = {{*Address::parse(orig), 40000}, {*Address::parse(resp), port}};
  event.connection.state = ConnState::S1;
  event.connection.outcome = Outcome::Open;
  return event;
}

class HidingTest : public testing::Test {
 protected:
  HidingTest() {
    options_.read = {"some.pcap"};
    options_.names.no_geoip = true;
  }
  /// How many of `events` are shown.
  std::size_t shown(const std::vector<Event>& events) {
    auto made = Hiding::make(options_);
    EXPECT_TRUE(made) << made.error().message;
    hiding_ = std::move(*made);
    Annotator annotator(options_);
    return hiding_->shown(events, annotator).size();
  }
  std::uint64_t hidden() const {
    std::uint64_t all = 0;
    for (const auto& [option, n] : hiding_->counts()) all += n;
    return all;
  }
  Options options_;
  test::SampleFolder folder_;
  std::unique_ptr<Hiding> hiding_;
};

TEST_F(HidingTest, NothingToHideIsNothing) {
  const auto made = Hiding::make(options_);
  ASSERT_TRUE(made);
  EXPECT_EQ(*made, nullptr);
}

TEST_F(HidingTest, Loopback) {
  options_.names.ignore_loopback = true;
  EXPECT_EQ(shown({record_of("127.0.0.1", "127.0.0.1"), record_of("::1", "::1"),
                   record_of("10.0.0.1", "10.0.0.2")}),
            1u);
  EXPECT_EQ(hidden(), 2u);
}

TEST_F(HidingTest, LocalMeansBothEndsWhereNothingIsKnown) {
  options_.names.filter_local = true;
  EXPECT_EQ(shown({record_of("192.168.0.1", "10.0.0.1"), record_of("192.168.0.1", "8.8.8.8"),
                   record_of("8.8.8.8", "fe80::1")}),
            2u);
}

TEST_F(HidingTest, LocalMeansTheRemoteEndWhereItIsKnown) {
  options_.names.filter_local = true;
  options_.local_nets = {*Cidr::parse("1.2.3.0/24")};
  EXPECT_EQ(shown({record_of("1.2.3.4", "10.0.0.1"), record_of("10.0.0.1", "1.2.3.4"),
                   record_of("1.2.3.4", "8.8.8.8")}),
            1u);
}

TEST_F(HidingTest, ListedAddresses) {
  options_.names.filter_files = {folder_.write("known", "8.8.8.8\n2001:db8::/32\n")};
  EXPECT_EQ(shown({record_of("10.0.0.1", "8.8.8.8"), record_of("2001:db8::7", "2001:500::1"),
                   record_of("10.0.0.1", "8.8.4.4")}),
            1u);
  options_.local_nets = {*Cidr::parse("8.8.8.8")};
  EXPECT_EQ(shown({record_of("10.0.0.1", "8.8.8.8")}), 1u) << "our own end does not count";
}

TEST_F(HidingTest, RulesAndAllTogether) {
  options_.names.rules = {
      folder_.write("rules", "[web]\nremote_ports: 443\nstates: ESTABLISHED\n")};
  options_.names.ignore_loopback = true;
  EXPECT_EQ(shown({record_of("10.0.0.1", "8.8.8.8"), record_of("10.0.0.1", "8.8.8.8", 80),
                   record_of("127.0.0.1", "127.0.0.1")}),
            1u);
  EXPECT_EQ(hiding_->counts(), (std::vector<std::pair<std::string, std::uint64_t>>{
                                   {"ignore-loopback", 1}, {"rules", 1}}));
}

TEST_F(HidingTest, ConnectionsAreCountedOnceForAllTheirEvents) {
  options_.names.ignore_loopback = true;
  Event syn = record_of("127.0.0.1", "127.0.0.1");
  syn.kind = EventKind::Syn;
  EXPECT_EQ(shown({syn, record_of("127.0.0.1", "127.0.0.1")}), 0u);
  EXPECT_EQ(hidden(), 1u);
}

TEST_F(HidingTest, SocketsAreHiddenAsTheirConnectionsWouldBe) {
  options_.names.ignore_loopback = true;
  options_.names.process = true;
  options_.names.rules = {folder_.write("rules", "[web]\nexe: /usr/bin/curl\n")};
  auto hiding = Hiding::make(options_);
  ASSERT_TRUE(hiding) << hiding.error().message;
  Annotator annotator(options_);
  SocketInfo socket;
  socket.state = SocketState::Established;
  socket.local = {*Address::parse("192.0.2.1"), 40000};
  socket.remote = {*Address::parse("198.51.100.1"), 443};
  EndpointAnnotations curl;
  curl.exe = "/usr/bin/curl";
  EXPECT_FALSE((*hiding)->hides(socket, {}, annotator));
  EXPECT_TRUE((*hiding)->hides(socket, curl, annotator));
  socket.local.address = *Address::parse("127.0.0.1");
  EXPECT_TRUE((*hiding)->hides(socket, {}, annotator));
}

TEST_F(HidingTest, ABadFileIsAUsageError) {
  options_.names.filter_files = {folder_.write("bad", "nonsense\n")};
  const auto made = Hiding::make(options_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::Usage);
}

}  // namespace
}  // namespace synfin
