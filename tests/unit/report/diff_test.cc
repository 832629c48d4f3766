// Sides made by hand: blocks of originators, chance, the ignore list, reports and JSON lines.
#include "report/diff.h"

#include <gtest/gtest.h>

#include "report/diff_chance.h"
#include "report/diff_render.h"

namespace synfin {
namespace {

constexpr Duration kSpan = std::chrono::seconds{1000};

Address parsed(const std::string& text) { return Address::parse(text).value(); }

/// A side in which each pair is used `uses` times, evenly over its time.
class SideBuilder {
 public:
  explicit SideBuilder(const char* name) {
    side_.name = name;
    side_.first = timestamp_from_ns(0);
    side_.last = timestamp_from_ns(0) + kSpan;
  }
  PairFigures& add(const std::string& orig, const std::string& resp, int uses = 20) {
    PairFigures& pair = side_.pairs[{parsed(orig), 128, parsed(resp), 443}];
    for (int i = 0; i < uses; ++i) {
      const Timestamp start = timestamp_from_ns(0) + kSpan * i / uses;
      pair.starts.add(start);
      pair.first = std::min(pair.first, start);
      pair.last = std::max(pair.last, start);
    }
    pair.attempts = pair.established = static_cast<std::uint64_t>(uses);
    return pair;
  }
  DiffSide take() { return std::move(side_); }

 private:
  DiffSide side_;
};

/// Thirty pairs that both sides have.
SideBuilder steady(const char* name) {
  SideBuilder side(name);
  for (int i = 1; i <= 30; ++i) side.add("192.0.2." + std::to_string(i), "198.51.100.7");
  return side;
}

std::string changes_of(const Diff& diff) {
  std::string text;
  for (const DiffRow& row : diff.rows) {
    text += std::string(to_string(row.kind)) + " " + std::string(to_string(row.change)) + " " +
            (row.host ? row.host->to_string() : originator_text(*row.key)) + "; ";
  }
  return text;
}

TEST(Diff, OfEqualSidesIsEmpty) {
  const Diff diff = compare(steady("a").take(), steady("b").take(), {});
  EXPECT_EQ(changes_of(diff), "");
  EXPECT_EQ(diff.pairs, 30u);
}

TEST(Diff, FindsWhatIsNewAndGone) {
  SideBuilder before = steady("a"), after = steady("b");
  before.add("203.0.113.1", "198.51.100.7");
  after.add("203.0.113.2", "198.51.100.8");
  EXPECT_EQ(changes_of(compare(before.take(), after.take(), {})),
            "edge new 203.0.113.2; edge gone 203.0.113.1; host new 198.51.100.8; host new "
            "203.0.113.2; host gone 203.0.113.1; service new any; ");
}

TEST(Diff, ARareAbsenceIsNoChange) {
  SideBuilder before("a"), after("b");
  // Connections at random: of pairs with two, every second one has both on one side.
  for (int i = 1; i <= 60; ++i) {
    const std::string orig = "192.0.2." + std::to_string(i);
    if (i % 4 != 0) before.add(orig, "198.51.100.7", i % 2 + 1);
    if (i % 4 != 1) after.add(orig, "198.51.100.7", i % 3 + 1);
  }
  const Diff diff = compare(before.take(), after.take(), {});
  EXPECT_EQ(changes_of(diff), "");
  ASSERT_EQ(diff.notes.size(), 1u);
  EXPECT_NE(diff.notes[0].find("--all lists them"), std::string::npos);
}

TEST(Diff, SmallInputsShowEveryDifference) {
  SideBuilder before("a"), after("b");
  for (int i = 1; i <= 4; ++i) {
    before.add("192.0.2." + std::to_string(i), "198.51.100.7", 1);
    after.add("192.0.2." + std::to_string(i), "198.51.100.7", 1);
  }
  before.add("192.0.2.1", "198.51.100.8", 1).established = 0;
  after.add("192.0.2.1", "198.51.100.9", 1);
  const Diff diff = compare(before.take(), after.take(), {});
  EXPECT_EQ(changes_of(diff),
            "edge new 192.0.2.1; edge gone 192.0.2.1; host new 198.51.100.9; host gone "
            "198.51.100.8; service new any; ")
      << "a port that accepts nothing is no service";
  EXPECT_FALSE(diff.rows[1].proven);
  EXPECT_EQ(diff.rows[1].evidence, "1 attempt, none established");
  EXPECT_NE(render_diff_json(diff).find("\"proven\": false"), std::string::npos);
  ASSERT_EQ(diff.notes.size(), 1u);
  EXPECT_NE(diff.notes[0].find("because the inputs are small"), std::string::npos);
}

TEST(Diff, ANewServiceAmongBusyOnesIsNoChance) {
  // Clients are rare here, services are not.
  SideBuilder before("a"), after("b");
  for (int i = 0; i < 200; ++i) {
    const std::string orig = "192.0.2." + std::to_string(i / 2 + 1);
    const std::string resp = "198.51.100." + std::to_string(i % 4 + 1);
    if (i % 3 != 0) before.add(orig, resp, i % 2 + 1);
    if (i % 3 != 1) after.add(orig, resp, i % 3 + 1);
  }
  after.add("192.0.2.1", "198.51.100.99", 1);
  EXPECT_EQ(changes_of(compare(before.take(), after.take(), {})),
            "edge new 192.0.2.1; host new 198.51.100.99; service new any; ");
}

TEST(Diff, EverythingIsListedOnRequest) {
  SideBuilder before("a"), after("b");
  for (int i = 1; i <= 20; ++i) {
    before.add("2001:db8::" + std::to_string(i), "2001:db8:1::1", 1);
    after.add("2001:db8::1:" + std::to_string(i), "2001:db8:1::1", 1);
  }
  const Diff diff = compare(before.take(), after.take(), {}, DiffScope::All);
  EXPECT_EQ(diff.rows.size(), 80u) << "each originator by itself, as an edge and as a host";
  EXPECT_NE(diff.notes.at(0).find("because --all was given"), std::string::npos);
}

TEST(Diff, PairsThatAreUsedOnceAreNoChange) {
  // Everybody connects to everybody, so that hardly any pair occurs twice.
  SideBuilder before("a"), after("b");
  for (int i = 0; i < 2000; ++i) {
    const std::string orig = "10.0." + std::to_string(i % 200) + ".1";
    const std::string resp = "198.51.100." + std::to_string(i / 20 + 1);
    (i % 2 == 0 ? before : after).add(orig, resp, 1);
    if (i % 500 == 0) after.add(orig, resp, 1);
  }
  EXPECT_EQ(changes_of(compare(before.take(), after.take(), {})), "");
}

TEST(Diff, OriginatorsThatChangeAreOneBlock) {
  SideBuilder before = steady("a"), after = steady("b");
  for (int i = 1; i <= 20; ++i) {
    before.add("2001:db8::" + std::to_string(i), "2001:db8:1::1", 1);
    after.add("2001:db8::1:" + std::to_string(i), "2001:db8:1::1", 1);
  }
  EXPECT_EQ(changes_of(compare(before.take(), after.take(), {})), "");
}

TEST(Diff, OriginatorsThatLastedAreNoBlock) {
  SideBuilder before = steady("a"), after = steady("b");
  for (int i = 1; i <= 5; ++i) {
    before.add("203.0.113." + std::to_string(i), "198.51.100.9");
    after.add("203.0.113." + std::to_string(i + 100), "198.51.100.9");
  }
  const Diff diff = compare(before.take(), after.take(), {});
  EXPECT_EQ(std::count_if(diff.rows.begin(), diff.rows.end(),
                          [](const DiffRow& row) { return row.kind == DiffKind::Edge; }),
            10);
}

TEST(Diff, AListThatIsCutOffProvesNoAbsence) {
  SideBuilder before = steady("a");
  before.add("203.0.113.1", "198.51.100.7");
  DiffSide after = steady("b").take();
  after.cut_off = true;
  const Diff diff = compare(before.take(), after, {});
  EXPECT_EQ(changes_of(diff), "");
  EXPECT_NE(diff.notes.at(0).find("does not list all pairs"), std::string::npos);
}

TEST(Diff, FindsFailuresAndSlowHandshakes) {
  SideBuilder before = steady("a"), after = steady("b");
  PairFigures& failing = after.add("192.0.2.1", "198.51.100.7", 0);
  failing.attempts = failing.failed = 20;
  failing.established = 0;
  PairFigures& fast = before.add("192.0.2.2", "198.51.100.7", 0);
  PairFigures& slow = after.add("192.0.2.2", "198.51.100.7", 0);
  fast.attempts = fast.established = slow.attempts = slow.established = 20;
  for (int i = 0; i < 20; ++i) {
    fast.rtts.add(std::chrono::milliseconds{20 + i % 7});
    slow.rtts.add(std::chrono::milliseconds{70 + i % 7});
  }
  for (PairFigures* pair : {&fast, &slow}) {
    pair->rtt_count = 20;
    pair->p50 = percentile(pair->rtts.values(), 0.5);
    pair->p99 = percentile(pair->rtts.values(), 0.99);
  }
  EXPECT_EQ(changes_of(compare(before.take(), after.take(), {})),
            "edge failing 192.0.2.1; edge slower 192.0.2.2; ");
}

TEST(Diff, LeavesOutWhatIsIgnored) {
  SideBuilder before = steady("a"), after = steady("b");
  after.add("203.0.113.2", "198.51.100.8");
  const auto list = IgnoreList::parse("# known\n203.0.113.0/24 198.51.100.8:443 # this one\n");
  ASSERT_TRUE(list);
  EXPECT_EQ(changes_of(compare(before.take(), after.take(), *list)), "");
}

TEST(IgnoreList, HasHostsBlocksAndPairs) {
  const auto list = IgnoreList::parse(
      "192.0.2.1\n\n  2001:db8::/32 \n* 198.51.100.7:443\n10.0.0.7 -> [2001:db9::1]:*\n");
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_TRUE(list->contains(parsed("192.0.2.1")));
  EXPECT_TRUE(list->contains(parsed("203.0.113.1"), parsed("198.51.100.7"), 443));
  EXPECT_FALSE(list->contains(parsed("203.0.113.1"), parsed("198.51.100.7"), 80));
  EXPECT_TRUE(list->contains(parsed("10.0.0.7"), parsed("2001:db9::1"), 22));
  EXPECT_FALSE(list->contains(parsed("10.0.0.8"), parsed("2001:db9::1"), 22));
  for (const char* wrong : {"name.example\n", "1.2.3.4 5.6.7.8:x\n", "1.2.3.4 5.6.7.8 9\n"})
    EXPECT_FALSE(IgnoreList::parse(wrong)) << wrong;
}

TEST(AbsenceTest, DependsOnHowRegularTheTrafficIs) {
  AbsenceTest random(0.5), regular(0.5);
  for (unsigned i = 0; i < 40; ++i) {
    random.add(i % 4 + 1, (i / 4) % 4 + 1);
    regular.add(2, 2);
  }
  random.add(3, 0);
  regular.add(3, 0);
  random.add(0, 30);
  random.evaluate();
  regular.evaluate();
  EXPECT_FALSE(random.is_change(3, 0));
  EXPECT_TRUE(regular.is_change(3, 0));
  EXPECT_TRUE(random.is_change(0, 30));
}

TEST(DiffReport, IsReadFromJson) {
  constexpr std::string_view kReport =
      R"({"synfin": {"version": "1"}, "capture": {"first_packet": "2026-03-01T14:30:00.5Z",
      "last_packet": "2026-03-01T14:31:00.500000Z"}, "connections": {"total": 7},
      "edges": [{"orig": "192.0.2.1", "resp": "198.51.100.7", "port": 443, "attempts": 5,
      "established": 3, "failed": 2, "synack_rtt_ms": {"p50": 1.5, "p99": null, "samples": 3}}],
      "failing": [{"orig": "192.0.2.1", "resp": "198.51.100.7", "port": 443, "failed": 2,
      "outcome": "refused"}], "approximate": false})";
  EXPECT_TRUE(is_report(kReport));
  EXPECT_FALSE(is_report("{\"ts\":1,\"synfin\":2}"));
  const auto side = read_report(kReport);
  ASSERT_TRUE(side);
  EXPECT_EQ(side->span(), std::chrono::seconds{60});
  const PairFigures& pair = side->pairs.begin()->second;
  EXPECT_EQ(pair.p50, std::chrono::microseconds{1500});
  EXPECT_EQ(pair.p99, kNoDuration);
  EXPECT_EQ(pair.causes.at("refused"), 2u);
  EXPECT_FALSE(side->cut_off);
  EXPECT_FALSE(read_report("{\"synfin\""));
  EXPECT_FALSE(read_report("{\"synfin\":{}}"));
}

TEST(DiffJson, HasAnObjectPerLine) {
  SideBuilder before = steady("a"), after = steady("b");
  after.add("203.0.113.2", "198.51.100.7");
  const std::string lines = render_diff_json(compare(before.take(), after.take(), {}));
  EXPECT_EQ(lines.substr(0, lines.find(", \"after\"")),
            R"({"kind": "edge", "change": "new", "orig": "203.0.113.2", "resp": "198.51.100.7", )"
            R"("port": 443, "before": null)");
}

}  // namespace
}  // namespace synfin
