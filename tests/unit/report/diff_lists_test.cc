// Reports whose lists of pairs are cut off, so that only services and hosts can be compared.
#include "report/diff_lists.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "report/diff_render.h"
#include "synfin/report/document.h"

namespace synfin {
namespace {

using testing::HasSubstr;

Address parsed_address(const std::string& text) { return Address::parse(text).value(); }

PairFigures figures(std::uint64_t established, std::uint64_t failed) {
  PairFigures pair;
  pair.attempts = established + failed;
  pair.established = established;
  pair.failed = failed;
  return pair;
}

/// Clients of one service, as a report whose lists of edges and hosts are full.
DiffSide full_report(const std::string& name, const std::string& net, const Endpoint& service,
                     bool accepts) {
  DiffSide side;
  side.name = name;
  side.from_report = side.cut_off = true;
  side.first = timestamp_from_ns(0);
  side.last = timestamp_from_ns(0) + std::chrono::hours{1};
  for (int i = 0; i < 1000; ++i) {
    const Address client =
        parsed_address(net + std::to_string(i / 250) + "." + std::to_string(i % 250));
    side.pairs[{client, 128, service.address, service.port}] =
        accepts ? figures(3, 0) : figures(0, 3);
    if (i != 0) side.lists.hosts[client] = 3;
  }
  side.lists.hosts[service.address] = 3600;
  side.lists.services[service] = accepts ? figures(3600, 0) : figures(0, 3600);
  side.lists.max_unlisted_host = 3;
  return side;
}

const Endpoint kOld{parsed_address("192.0.2.1"), 443}, kNew{parsed_address("192.0.2.2"), 443};

std::string changes(const Diff& diff) {
  std::string text;
  for (const DiffRow& row : diff.rows) {
    text += std::string(to_string(row.kind)) + " " + std::string(to_string(row.change)) + " " +
            (row.host ? row.host->to_string() : row.key->resp.to_string()) + "; ";
  }
  return text;
}

TEST(DiffLists, ShowServicesAndHostsOfReportsWithoutACommonPair) {
  const Diff diff =
      compare(full_report("a", "10.1.", kOld, true), full_report("b", "10.2.", kNew, false), {});
  EXPECT_EQ(changes(diff),
            "host new 192.0.2.2; host gone 192.0.2.1; "
            "service new 192.0.2.2; service gone 192.0.2.1; ");
  EXPECT_EQ(diff.pairs, 0u);
  EXPECT_EQ(diff.undecided, 2000u);
  EXPECT_THAT(diff.notes, testing::Contains(HasSubstr("0 of 2,000 pairs could be compared")));
  EXPECT_THAT(diff.notes, testing::Contains(HasSubstr("2,000 hosts may be new")));
  EXPECT_THAT(diff.rows.back().evidence, HasSubstr("3,600 connections"));
}

TEST(DiffLists, ShowAServiceThatFailsForOtherClients) {
  const Diff diff = compare(full_report("a", "10.1.", kOld, true),
                            full_report("b", "10.2.", kOld, false), {}, DiffScope::All);
  EXPECT_EQ(changes(diff), "service failing 192.0.2.1; ");
  EXPECT_THAT(diff.rows[0].evidence, HasSubstr("0 of 3600 after"));
}

TEST(DiffLists, AddNoRowForADifferenceThatAPairHas) {
  DiffSide before = full_report("a", "10.1.", kOld, true);
  DiffSide after = full_report("b", "10.2.", kOld, false);
  const DiffKey key{parsed_address("10.3.0.1"), 128, kOld.address, kOld.port};
  before.pairs[key] = figures(500, 0);
  after.pairs[key] = figures(0, 500);
  const Diff diff = compare(before, after, {}, DiffScope::All);
  EXPECT_EQ(changes(diff), "edge failing 192.0.2.1; ");
}

TEST(DiffLists, ListEachOfVeryManyHostsOnce) {
  constexpr std::uint32_t kHosts = 20'000;
  DiffSide before = full_report("a", "10.1.", kOld, true);
  const DiffSide after = full_report("b", "10.1.", kOld, true);
  for (std::uint32_t i = 0; i < kHosts; ++i)
    before.lists.hosts[Address::from_v4(0xC6120000u + i)] = 3600;
  const Diff diff = compare(before, after, {});
  std::set<Address> hosts;
  for (const DiffRow& row : diff.rows) {
    ASSERT_TRUE(row.kind == DiffKind::Host && row.change == DiffChange::Gone);
    hosts.insert(*row.host);
  }
  EXPECT_EQ(hosts.size(), kHosts);
  EXPECT_EQ(diff.rows.size(), kHosts);
}

TEST(DiffLists, ProveNothingIfTheyAreApproximate) {
  DiffSide before = full_report("a", "10.1.", kOld, true);
  DiffSide after = full_report("b", "10.2.", kNew, false);
  for (DiffSide* side : {&before, &after})
    side->lists.max_unlisted_host = side->lists.max_unlisted_service = DiffLists::kUnbounded;
  const Diff diff = compare(before, after, {});
  EXPECT_EQ(changes(diff), "");
  PortNames ports;
  const Document document = describe_diff(diff, before, after, ports, {});
  EXPECT_THAT(render_text(document, {}), HasSubstr("0 pairs of originator and service that could"));
}

TEST(DiffLists, AreReadFromAReport) {
  const auto side = read_report(
      R"({"synfin": {}, "edges": [], "approximations": {"hosts": true},
      "services": [{"ip": "192.0.2.1", "port": 443, "attempts": 7, "established": 2, "refused": 4,
      "half_open": 1}], "hosts": [{"ip": "192.0.2.1", "as_originator": 1, "as_responder": 7}]})");
  ASSERT_TRUE(side);
  EXPECT_EQ(side->lists.services.at(kOld).failed, 5u);
  EXPECT_EQ(side->lists.hosts.at(kOld.address), 8u);
  EXPECT_EQ(side->lists.max_unlisted_service, 0u);
  EXPECT_EQ(side->lists.max_unlisted_host, DiffLists::kUnbounded);
}

TEST(DiffText, KeepsAddressesAndPortsWholeInANarrowTerminal) {
  Diff diff;
  DiffRow row;
  row.key = DiffKey{parsed_address("192.0.2.100"), 128, parsed_address("198.51.100.200"), 5432};
  row.change = DiffChange::Failing;
  row.evidence = "1200 of 1200 established before, 0 of 1300 after";
  diff.rows.push_back(row);
  row.key->orig = parsed_address("2001:db8:1111:2222:3333:4444:5555:6666");
  row.change = DiffChange::Slower;
  diff.rows.push_back(row);
  PortNames ports;
  RenderOptions options;
  options.width = 80;
  const Document document = describe_diff(diff, {}, {}, ports, options);
  const std::string text = render_text(document, options);
  EXPECT_THAT(text, HasSubstr(" 192.0.2.100 "));
  EXPECT_THAT(text, HasSubstr(" 198.51.100.200:5432 "));
  EXPECT_THAT(text, HasSubstr("2001:db8:1111:2222:3333:4444:5555:6666"));
  EXPECT_THAT(text, HasSubstr("after\n")) << "evidence continues in the next line";
  EXPECT_EQ(text.find(row.evidence), text.npos);
  EXPECT_EQ(text.find("…"), text.npos) << text;
}

}  // namespace
}  // namespace synfin
