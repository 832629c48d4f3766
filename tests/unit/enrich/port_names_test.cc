// PortNames from a given list and from the system's services database.
#include "synfin/enrich/port_names.h"

#include <gtest/gtest.h>
#include <netdb.h>

#include <utility>

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

}  // namespace
}  // namespace synfin
