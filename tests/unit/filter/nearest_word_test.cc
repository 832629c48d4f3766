#include "filter/nearest_word.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace synfin {
namespace {

constexpr std::array<std::string_view, 6> kWords{"port",    "proto",      "process",
                                                 "refused", "unanswered", "s0"};

TEST(NearestWord, FindsWhatAPersonMeant) {
  const std::array<std::pair<std::string_view, std::string_view>, 10> cases{{
      {"prot", "port"},  // neighbours swapped
      {"por", "port"},
      {"ports", "port"},
      {"poto", "proto"},
      {"procces", "process"},
      {"refusd", "refused"},
      {"unanswred", "unanswered"},
      {"s1", "s0"},
      {"xyzzy", ""},
      {"", ""},
  }};
  for (const auto& [word, nearest] : cases) EXPECT_EQ(nearest_word(word, kWords), nearest) << word;
}

TEST(NearestWord, HasABound) {
  EXPECT_EQ(nearest_word(std::string(33, 'p'), kWords), "");
  const std::string long_word(40, 'p');
  const std::array<std::string_view, 1> long_words{long_word};
  EXPECT_EQ(nearest_word("p", long_words), "");
}

}  // namespace
}  // namespace synfin
