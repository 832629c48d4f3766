// FrequentFile: the file that comes out. Which addresses are remote, and their shares, are the
// timeline's; see timeline_view_test.cc.
#include "synfin/view/frequent_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>

#include "synfin/filter/address_set.h"
#include "unit/enrich/geo_samples.h"

namespace synfin {
namespace {

AddressShare share(const char* address, double percent) {
  return {*Address::parse(address), percent};
}

TEST(FrequentFile, HoldsTheAddressesAboveTheThresholdForAFilterFile) {
  const test::SampleFolder folder;
  std::array<char, 4096> before;
  ASSERT_NE(getcwd(before.data(), before.size()), nullptr);
  ASSERT_EQ(chdir(folder.path().c_str()), 0);
  auto opened = FrequentFile::open(50, [] {
    return AddressShares{
        .rows = {share("192.0.2.9", 100), share("2001:db8::1", 50), share("192.0.2.8", 49.99)}};
  });
  ASSERT_TRUE(opened) << opened.error().message;
  const std::string path = (*opened)->path();
  ASSERT_TRUE((*opened)->finish({}));
  EXPECT_TRUE(path.starts_with("frequent_ips_50pct_")) << path;
  AddressSet listed;
  const Status read = read_address_file(path, listed);
  EXPECT_TRUE(read) << read.error().message;
  std::ifstream in(path);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  EXPECT_EQ(text,
            "# Addresses connected at least 50 % of the time, by synfin\n"
            "192.0.2.9  # 100.0 %\n2001:db8::1  # 50.0 %\n");
  ASSERT_EQ(chdir(before.data()), 0);
}

}  // namespace
}  // namespace synfin
