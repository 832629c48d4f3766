// ConnectionFilter: what each option hides, which end is remote, and the counts.
#include "synfin/filter/connection_filter.h"

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

class ConnectionFilterTest : public testing::Test {
 protected:
  ConnectionFilterTest() { enrichment_.no_geoip = true; }
  /// How many of `events` are shown.
  std::size_t shown(const std::vector<Event>& events) {
    auto made = ConnectionFilter::make(filters_, enrichment_);
    EXPECT_TRUE(made) << made.error().message;
    filter_ = std::move(*made);
    Annotator annotator(enrichment_);
    return filter_->shown(events, annotator).size();
  }
  std::uint64_t hidden() const {
    std::uint64_t all = 0;
    for (const auto& [option, n] : filter_->counts()) all += n;
    return all;
  }
  FilterOptions filters_;
  EnrichmentOptions enrichment_;
  test::SampleFolder folder_;
  std::unique_ptr<ConnectionFilter> filter_;
};

TEST_F(ConnectionFilterTest, NoOptionsNoFilter) {
  const auto made = ConnectionFilter::make(filters_, enrichment_);
  ASSERT_TRUE(made);
  EXPECT_EQ(*made, nullptr);
}

TEST_F(ConnectionFilterTest, Loopback) {
  filters_.ignore_loopback = true;
  EXPECT_EQ(shown({record_of("127.0.0.1", "127.0.0.1"), record_of("::1", "::1"),
                   record_of("10.0.0.1", "10.0.0.2")}),
            1u);
  EXPECT_EQ(hidden(), 2u);
}

TEST_F(ConnectionFilterTest, LocalMeansBothEndsIfNoNetworkIsKnown) {
  filters_.filter_local = true;
  EXPECT_EQ(shown({record_of("192.168.0.1", "10.0.0.1"), record_of("192.168.0.1", "8.8.8.8"),
                   record_of("8.8.8.8", "fe80::1")}),
            2u);
}

TEST_F(ConnectionFilterTest, LocalMeansTheRemoteEndIfItIsKnown) {
  filters_.filter_local = true;
  enrichment_.local_nets = {*Cidr::parse("1.2.3.0/24")};
  EXPECT_EQ(shown({record_of("1.2.3.4", "10.0.0.1"), record_of("10.0.0.1", "1.2.3.4"),
                   record_of("1.2.3.4", "8.8.8.8")}),
            1u);
}

TEST_F(ConnectionFilterTest, ListedAddresses) {
  filters_.filter_files = {folder_.write("known", "8.8.8.8\n2001:db8::/32\n")};
  EXPECT_EQ(shown({record_of("10.0.0.1", "8.8.8.8"), record_of("2001:db8::7", "2001:500::1"),
                   record_of("10.0.0.1", "8.8.4.4")}),
            1u);
  enrichment_.local_nets = {*Cidr::parse("8.8.8.8")};
  EXPECT_EQ(shown({record_of("10.0.0.1", "8.8.8.8")}), 1u) << "the local end does not count";
}

TEST_F(ConnectionFilterTest, OptionsCombine) {
  filters_.rules = {folder_.write("rules", "[web]\nremote_ports: 443\nstates: ESTABLISHED\n")};
  filters_.ignore_loopback = true;
  EXPECT_EQ(shown({record_of("10.0.0.1", "8.8.8.8"), record_of("10.0.0.1", "8.8.8.8", 80),
                   record_of("127.0.0.1", "127.0.0.1")}),
            1u);
  EXPECT_EQ(filter_->counts(), (std::vector<std::pair<std::string, std::uint64_t>>{
                                   {"ignore-loopback", 1}, {"rules", 1}}));
}

TEST_F(ConnectionFilterTest, ConnectionsAreCountedOnceForAllTheirEvents) {
  filters_.ignore_loopback = true;
  Event syn = record_of("127.0.0.1", "127.0.0.1");
  syn.kind = EventKind::Syn;
  EXPECT_EQ(shown({syn, record_of("127.0.0.1", "127.0.0.1")}), 0u);
  EXPECT_EQ(hidden(), 1u);
}

TEST_F(ConnectionFilterTest, SocketsAreHiddenLikeTheirConnections) {
  filters_.ignore_loopback = true;
  enrichment_.process = true;
  filters_.rules = {folder_.write("rules", "[web]\nexe: /usr/bin/curl\n")};
  auto filter = ConnectionFilter::make(filters_, enrichment_);
  ASSERT_TRUE(filter) << filter.error().message;
  Annotator annotator(enrichment_);
  SocketInfo socket;
  socket.state = SocketState::Established;
  socket.local = {*Address::parse("192.0.2.1"), 40000};
  socket.remote = {*Address::parse("198.51.100.1"), 443};
  EndpointAnnotations curl;
  curl.exe = "/usr/bin/curl";
  EXPECT_FALSE((*filter)->hides(socket, {}, annotator));
  EXPECT_TRUE((*filter)->hides(socket, curl, annotator));
  socket.local.address = *Address::parse("127.0.0.1");
  EXPECT_TRUE((*filter)->hides(socket, {}, annotator));
}

TEST_F(ConnectionFilterTest, ABadFileIsAUsageError) {
  filters_.filter_files = {folder_.write("bad", "nonsense\n")};
  const auto made = ConnectionFilter::make(filters_, enrichment_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::Usage);
}

}  // namespace
}  // namespace synfin
