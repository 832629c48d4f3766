#include "synfin/inventory/inventory_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "synfin/cli/option_parser.h"

namespace synfin {
namespace {

TEST(InventoryOptions, StoreTheirValues) {
  InventoryOptions options;
  const auto rows = inventory_rows(options);
  const char* argv[] = {"synfin", "--state",         "net.db", "--digest-interval",
                        "30m",    "--learn",         "2d",     "--expect",
                        "e",      "--watch-file",    "w",      "--gone-after",
                        "3d",     "--max-inventory", "5"};
  const auto words = parse_words(rows, std::size(argv), argv);
  ASSERT_TRUE(words) << words.error().message;
  EXPECT_EQ(options.state, "net.db");
  EXPECT_EQ(options.digest_interval, std::chrono::minutes{30});
  EXPECT_EQ(options.learn, std::chrono::hours{48});
  EXPECT_EQ(options.gone_after, std::chrono::hours{72});
  EXPECT_EQ(options.max_hosts, 5u);
  EXPECT_THAT(options.inputs(), testing::ElementsAre("e", "w", testing::EndsWith("oui.txt"),
                                                     testing::EndsWith("oui.txt")));
  EXPECT_TRUE(options_without_state(options, false).empty());
}

TEST(InventoryOptions, AnIntervalIsLongerThanNothing) {
  InventoryOptions options;
  const auto rows = inventory_rows(options);
  const char* argv[] = {"synfin", "--digest-interval", "0"};
  EXPECT_FALSE(parse_words(rows, std::size(argv), argv));
}

TEST(InventoryOptions, ReportOptionsThatNeedAStateFile) {
  InventoryOptions options;
  options.learn = std::chrono::hours{1};
  options.expect = "file";
  EXPECT_EQ(options_without_state(options, false).size(), 2u);
}

TEST(InventoryOptions, ReportOptionsThatNeedAnInventory) {
  InventoryOptions options;
  options.watch_file = "file";
  options.gone_after = std::chrono::hours{1};
  options.max_hosts = 5;
  EXPECT_THAT(
      options_without_state(options, false),
      testing::ElementsAre("--watch-file has no effect without --state or --view inventory",
                           "--gone-after has no effect without --state or --view inventory",
                           "--max-inventory has no effect without --state or --view inventory"));
  EXPECT_TRUE(options_without_state(options, true).empty());
}

}  // namespace
}  // namespace synfin
