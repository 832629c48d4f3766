// Sentences about filter expressions that libpcap rejects.
#include "capture/filter_hint.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

constexpr std::string_view kSyntax = "can't parse filter expression: syntax error";

TEST(FilterHint, OtherReasonsAreKept) {
  EXPECT_EQ(filter_reason("host nowhere", "unknown host 'nowhere'"), "unknown host 'nowhere'");
}

TEST(FilterHint, AnUnknownWordHasANeighbour) {
  EXPECT_EQ(filter_reason("prot 80", kSyntax),
            "pcap-filter(7) has no word 'prot'; did you mean 'port'?");
  EXPECT_EQ(filter_reason("(port 80 adn host a) or tpc", kSyntax),
            "pcap-filter(7) has no word 'adn'; did you mean 'and'?");
  EXPECT_EQ(filter_reason("eth9", kSyntax),
            "pcap-filter(7) has no word 'eth9'; an interface needs -i, a capture -r");
  EXPECT_EQ(filter_reason(std::string(10'000, 'x'), kSyntax),
            "pcap-filter(7) has no word '" + std::string(10'000, 'x') +
                "'; an interface needs -i, a capture -r");
  EXPECT_EQ(filter_reason("port 80 watermelon", kSyntax),
            "pcap-filter(7) has no word 'watermelon'");
}

TEST(FilterHint, TheFirstWordMayBeACommand) {
  EXPECT_EQ(filter_reason("inventry --changes", kSyntax),
            "pcap-filter(7) has no word 'inventry'; did you mean the command inventory?");
  EXPECT_EQ(filter_reason("conections", kSyntax),
            "pcap-filter(7) has no word 'conections'; did you mean the command connections?");
  EXPECT_EQ(filter_reason("dif a b", kSyntax),
            "pcap-filter(7) has no word 'dif'; did you mean 'dir', or the command diff?");
  EXPECT_EQ(filter_reason("port 80 inventry", kSyntax), "pcap-filter(7) has no word 'inventry'");
}

TEST(FilterHint, NamesAfterAKeywordAreNoUnknownWords) {
  EXPECT_EQ(filter_reason("host gateway1 and", kSyntax), "something must follow 'and' at its end");
  EXPECT_EQ(filter_reason("port http and (tcp[tcpflags] & tcp-syn", kSyntax),
            "a closing parenthesis is missing");
}

TEST(FilterHint, ParenthesesAreCounted) {
  EXPECT_EQ(filter_reason("(port 80", kSyntax), "a closing parenthesis is missing");
  EXPECT_EQ(filter_reason("port 80)", kSyntax), "a closing parenthesis has no opening one");
  EXPECT_EQ(filter_reason("80 80", kSyntax), "its syntax is wrong; see pcap-filter(7)");
}

}  // namespace
}  // namespace synfin
