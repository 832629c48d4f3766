// ConnectionTable::snapshot(): the open connections only.
#include <gtest/gtest.h>

#include <vector>

#include "support/lab.h"

namespace synfin::test {
namespace {

TEST(Snapshot, HoldsTheOpenConnectionsAndTheirBytes) {
  Lab lab;
  std::vector<ConnectionRecord> rows(4);
  EXPECT_EQ(lab.table().snapshot(rows), 0u);
  lab.run({{0.0, '>', "S", 1000},
           {0.1, '<', "SA", 5000, 1001},
           {0.2, '>', "A", 1001, 5001},
           {0.3, '>', "PA", 1001, 5001, 300},
           {0.4, '<', "PA", 5001, 1301, 20}});
  ASSERT_EQ(lab.table().snapshot(rows), 1u);
  EXPECT_EQ(rows[0].tuple, lab_tuple());
  EXPECT_EQ(rows[0].orig.bytes, 300u);
  EXPECT_EQ(rows[0].resp.bytes, 20u);
  EXPECT_EQ(rows[0].last, at(0.4));
  lab.run({{0.5, '>', "FA", 1301, 5021}, {0.6, '<', "FA", 5021, 1302}});
  EXPECT_EQ(lab.table().snapshot(rows), 0u) << "it has ended, although its record is not written";
}

TEST(Snapshot, FillsNoMoreThanItsSpan) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000}});
  EXPECT_EQ(lab.table().snapshot({}), 0u);
}

}  // namespace
}  // namespace synfin::test
