// PortNames on services files good, odd and absent.
#include "synfin/enrich/port_names.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <utility>

namespace synfin {
namespace {

/// A services file that lives as long as this.
class ServicesFile {
 public:
  explicit ServicesFile(const std::string& text) : path_(testing::TempDir() + unique_name()) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~ServicesFile() { std::remove(path_.c_str()); }
  ServicesFile(const ServicesFile&) = delete;
  ServicesFile& operator=(const ServicesFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  static std::string unique_name() {
    return std::string{"synfin-services-"} +
           testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  std::string path_;
};

TEST(PortNames, NamesOfTcpPorts) {
  const ServicesFile file(
      "# a comment\n"
      "ssh\t\t22/tcp\t\t\t# SSH Remote Login Protocol\n"
      "domain  53/tcp\n"
      "domain  53/udp\n"
      "ntp     123/udp\n"
      "https   443/tcp  alias\r\n"
      "\n"
      "last    65535/tcp");
  PortNames names(file.path());
  EXPECT_EQ(names.name(22), "ssh");
  EXPECT_EQ(names.name(53), "domain");
  EXPECT_EQ(names.name(443), "https");
  EXPECT_EQ(names.name(65535), "last");
  EXPECT_EQ(names.name(123), "") << "udp only";
  EXPECT_EQ(names.name(0), "");
  EXPECT_EQ(names.name(80), "");
}

TEST(PortNames, TheFirstNameOfAPortCounts) {
  const ServicesFile file("http 80/tcp\nwww 80/tcp\n");
  EXPECT_EQ(PortNames(file.path()).name(80), "http");
}

TEST(PortNames, OddLinesAreSkipped) {
  using namespace std::string_literals;
  const ServicesFile file(
      "nothing\nnumber x/tcp\nbig 65536/tcp\nnegative -1/tcp\nzero 0/tcp\nlong 81/tcpp\n"
      "#commented 82/tcp\nspaced 83 /tcp\n84/tcp\n\0 85/udp\nsctp 86/sctp\ngood 87/tcp\n"s);
  PortNames names(file.path());
  for (std::uint16_t port = 0; port < 87; ++port) EXPECT_EQ(names.name(port), "") << port;
  EXPECT_EQ(names.name(87), "good");
}

TEST(PortNames, NoFileNoNames) {
  EXPECT_EQ(PortNames("/nonexistent/services").name(443), "");
  EXPECT_EQ(PortNames("/").name(443), "");
  const ServicesFile empty("");
  EXPECT_EQ(PortNames(empty.path()).name(443), "");
}

TEST(PortNames, NamesOutliveAMove) {
  const ServicesFile file("x 1/tcp\n");
  PortNames first(file.path());
  EXPECT_EQ(first.name(1), "x");
  PortNames second = std::move(first);
  EXPECT_EQ(second.name(1), "x");
}

TEST(PortNames, TheSystemsOwnFile) {
  if (!std::ifstream("/etc/services")) GTEST_SKIP() << "no /etc/services here";
  PortNames names;
  EXPECT_EQ(names.name(22), "ssh");
  EXPECT_EQ(names.name(443), "https");
}

}  // namespace
}  // namespace synfin
