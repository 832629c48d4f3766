// ResolverFile: the servers in resolv.conf, and when the file counts as changed.
#include "enrich/resolver_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace synfin {
namespace {

using std::chrono::seconds;

TEST(ResolverFile, ServersAreTheAddressesBehindNameserver) {
  EXPECT_EQ(servers_of("# nameserver 192.0.2.9\n"
                       "search example.com\n"
                       "nameserver 192.0.2.1\n"
                       "  nameserver\t2001:db8::1 # a remark\r\n"
                       "nameserver\n"
                       "nameservers 192.0.2.8\n"
                       "nameserver fe80::1%eth0\n"
                       "nameserver 192.0.2.256\n"
                       "nameserver 192.0.2.2"),
            "192.0.2.1,2001:db8::1,192.0.2.2");
  EXPECT_EQ(servers_of(""), "");
  EXPECT_EQ(servers_of("\n\n options timeout:1\n"), "");
}

class ChangingResolverFile : public ::testing::Test {
 protected:
  ~ChangingResolverFile() override { std::remove(path_.c_str()); }

  void write(const std::string& path, const std::string& content) const {
    std::ofstream(path) << content;
  }

  const std::string path_ = ::testing::TempDir() + "resolv." + std::to_string(getpid());
};

TEST_F(ChangingResolverFile, IsReportedOnceAndAfterFiveSeconds) {
  write(path_, "nameserver 192.0.2.1\n");
  ResolverFile file(path_);
  auto now = ResolverFile::Clock::now();
  EXPECT_EQ(file.changed(now += seconds(6)), "");
  write(path_ + ".new", "nameserver 192.0.2.2\n");
  ASSERT_EQ(std::rename((path_ + ".new").c_str(), path_.c_str()), 0);
  EXPECT_EQ(file.changed(now += seconds(4)), "");
  EXPECT_EQ(file.changed(now += seconds(1)), "192.0.2.2");
  EXPECT_EQ(file.changed(now += seconds(5)), "");
  write(path_, "nameserver 192.0.2.3\nnameserver 192.0.2.4\n");
  EXPECT_EQ(file.changed(now += seconds(5)), "192.0.2.3,192.0.2.4");
}

TEST_F(ChangingResolverFile, MayBeAbsentForAWhile) {
  ResolverFile file(path_);
  auto now = ResolverFile::Clock::now();
  EXPECT_EQ(file.changed(now += seconds(6)), "");
  write(path_, "nameserver 192.0.2.1\n");
  EXPECT_EQ(file.changed(now += seconds(5)), "192.0.2.1");
  std::remove(path_.c_str());
  EXPECT_EQ(file.changed(now += seconds(5)), "");
}

}  // namespace
}  // namespace synfin
