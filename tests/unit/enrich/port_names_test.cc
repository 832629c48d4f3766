// PortNames from a given list and from the system's services database.
#include "synfin/enrich/port_names.h"

#include <gtest/gtest.h>
#include <netdb.h>

#include <string_view>
#include <utility>
#include <vector>

namespace synfin {
namespace {

TEST(PortNames, NamesOfGivenServices) {
  PortNames names({{22, "ssh"}, {65535, "last"}, {443, "https"}});
  EXPECT_EQ(names.name(22), "ssh");
  EXPECT_EQ(names.name(443), "https");
  EXPECT_EQ(names.name(65535), "last");
  EXPECT_EQ(names.name(0), "");
  EXPECT_EQ(names.name(80), "");
}

TEST(PortNames, TheFirstNameOfAPortCounts) {
  EXPECT_EQ(PortNames({{80, "http"}, {80, "www"}}).name(80), "http");
}

TEST(PortNames, AnEmptyListHasNoNames) {
  EXPECT_EQ(PortNames(std::vector<PortNames::Service>{}).name(443), "");
}

TEST(PortNames, NamesOutliveAMove) {
  PortNames first({{1, "a name that does not fit into the string itself"}});
  const std::string_view name = first.name(1);
  PortNames second = std::move(first);
  EXPECT_EQ(second.name(1).data(), name.data());
}

TEST(PortNames, TheSystemsDatabase) {
  if (getservbyport(htons(22), "tcp") == nullptr) GTEST_SKIP() << "no services database here";
  PortNames names;
  EXPECT_EQ(names.name(22), "ssh");
  EXPECT_EQ(names.name(443), "https");
  EXPECT_EQ(names.name(123), "") << "ntp is a UDP service";
}

TEST(ServiceNames, PortsOfGivenServices) {
  const ServiceNames names({{80, "http"}, {80, "WWW"}, {22, "ssh"}, {8080, "http"}});
  EXPECT_EQ(names.port("http"), 80);
  EXPECT_EQ(names.port("www"), 80);
  EXPECT_EQ(names.port("htt"), std::nullopt);
  EXPECT_EQ(names.port("zzz"), std::nullopt);
  EXPECT_EQ(std::vector<std::string_view>(names.names().begin(), names.names().end()),
            (std::vector<std::string_view>{"http", "ssh", "www"}));
}

TEST(ServiceNames, TheSystemsDatabase) {
  if (getservbyport(htons(22), "tcp") == nullptr) GTEST_SKIP() << "no services database here";
  EXPECT_EQ(ServiceNames::system().port("ssh"), 22);
  EXPECT_EQ(ServiceNames::system().port("ntp"), 123) << "UDP services have names too";
}

}  // namespace
}  // namespace synfin
