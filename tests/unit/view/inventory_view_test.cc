// The inventory view: orders, filters, the ports of a host.
#include "view/inventory_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "synfin/report/text_table.h"
#include "unit/inventory/inventory_events.h"
#include "unit/view/changes.h"

namespace synfin {
namespace {

using namespace inventory_test;
using testing::AnyOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class InventoryViewTest : public testing::Test {
 protected:
  InventoryViewTest() {
    inventory_.observe(opened({.time = 0, .server = "198.51.100.9"}));
    inventory_.observe(opened({.time = 1, .server = "198.51.100.7", .port = 443}));
    inventory_.observe(opened({.time = 2, .server = "198.51.100.8", .port = 25}));
    inventory_.settle_all();
    inventory_.observe(opened({.time = 50, .server = "198.51.100.7", .port = 22}));
    inventory_.observe(refused({.time = 60, .server = "198.51.100.7", .port = 443}));
    inventory_.settle_all();
    view_.set_inventory(inventory_);
  }
  std::vector<std::string> addresses(const ViewRequest& request) {
    std::vector<std::string> found;
    for (const auto& row : view_.page(request, names_).table.rows) found.push_back(row[0].text);
    return found;
  }

  Inventory inventory_{InventoryRules{}, {}};
  InventoryView view_;
  view_test::FewNames names_;
};

TEST_F(InventoryViewTest, ShowsTheNewestChangeFirst) {
  EXPECT_THAT(addresses({}), ElementsAre("198.51.100.7", "198.51.100.8", "198.51.100.9"));
  EXPECT_THAT(addresses({.order = 1, .reversed = true, .filter = {}}),
              ElementsAre("198.51.100.9", "198.51.100.8", "198.51.100.7"));
  EXPECT_THAT(addresses({.first = 1, .count = 1, .filter = {}}), ElementsAre("198.51.100.8"));
  EXPECT_THAT(addresses({.filter = "closed"}), ElementsAre("198.51.100.7"));
}

TEST_F(InventoryViewTest, EnterOpensAHostWithItsPorts) {
  const ViewPage page = view_.page({}, names_);
  EXPECT_EQ(page.of, 3u);
  EXPECT_EQ(page.table.title, "3 open ports on 3 hosts");
  ASSERT_EQ(page.targets.size(), 3u);
  const Table ports = view_.ports_of(page.targets[0].host, names_, Zone::Utc);
  ASSERT_EQ(ports.rows.size(), 2u);
  EXPECT_EQ(ports.rows[1][3].text, "closed");
  EXPECT_TRUE(view_.ports_of(Address{}, names_, Zone::Utc).rows.empty());
}

TEST_F(InventoryViewTest, AHostWithManyOpenPortsIsFormattedAsFarAsItShows) {
  constexpr int kPorts = 1024;  // the most with details
  for (int i = 0; i < kPorts; ++i)
    inventory_.observe(opened(
        {.time = 70, .server = "198.51.100.1", .port = static_cast<std::uint16_t>(20'000 + i)}));
  inventory_.settle_all();
  const ViewPage whole = view_.page({.filter = "198.51.100.1 "}, names_);
  ASSERT_EQ(whole.table.rows.size(), 1u);
  const std::string all = whole.table.rows[0][1].text;
  EXPECT_EQ(std::count(all.begin(), all.end(), ','), kPorts - 1);
  ViewRequest narrow{.filter = "198.51.100.1 "};
  narrow.width = 80;
  const ViewPage page = view_.page(narrow, names_);
  ASSERT_EQ(page.table.rows.size(), 1u);
  const std::string& shown = page.table.rows[0][1].text;
  EXPECT_TRUE(all.starts_with(shown));
  EXPECT_GT(shown.size(), 80u);
  EXPECT_LT(shown.size(), 100u);
  EXPECT_THAT(addresses({.filter = "20999"}), ElementsAre("198.51.100.1"));
  EXPECT_TRUE(addresses({.filter = "21000"}).empty());
}

TEST_F(InventoryViewTest, ANarrowScreenShowsWholePorts) {
  for (int i = 0; i < 8; ++i) {
    for (const char* server : {"198.51.100.1", "2001:db8:1234:5678:9abc:def0:1234:5678"})
      inventory_.observe(
          opened({.time = 70, .server = server, .port = static_cast<std::uint16_t>(8000 + i)}));
  }
  inventory_.settle_all();
  for (std::size_t width = 40; width < 100; ++width) {
    ViewRequest request{.filter = {}};
    request.width = width;
    const ViewPage page = view_.page(request, names_);
    const TextTable table(page.table, {.width = width, .indent = 0, .clips = true});
    EXPECT_LE(table.width(), width);
    for (std::size_t row = 0; row < table.rows(); ++row) {
      std::string text;
      for (const Piece& piece : table.row(row)) text += piece.text;
      EXPECT_THAT(text, Not(ContainsRegex(" 8[0-9]*…"))) << width;
      EXPECT_THAT(text, AnyOf(Not(HasSubstr("8000")), HasSubstr("8007"), HasSubstr(" …"))) << width;
    }
  }
}

TEST(InventoryViewAlone, HasNoRowsWithoutAnInventory) {
  InventoryView view;
  view_test::FewNames names;
  EXPECT_TRUE(view.page({}, names).table.rows.empty());
}

}  // namespace
}  // namespace synfin
