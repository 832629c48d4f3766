#include "synfin/base/match_words.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace synfin {
namespace {

struct alignas(16) Words {
  std::array<std::uint32_t, 16> word;
};

template <unsigned kWords>
std::uint32_t one_by_one(const Words& words, std::uint32_t bits, std::uint32_t wanted) {
  std::uint32_t found = 0;
  for (unsigned i = 0; i < kWords; ++i) {
    if ((words.word[i] & bits) == wanted) found |= 1u << i;
  }
  return found;
}

TEST(MatchWords, FindsEachPlaceAlone) {
  for (unsigned place = 0; place < 16; ++place) {
    Words words{};
    words.word[place] = 0x80000001;
    EXPECT_EQ(matching_words<16>(words.word.data(), ~0u, 0x80000001), 1u << place);
    EXPECT_EQ(matching_words<8>(words.word.data(), ~0u, 0x80000001), place < 8 ? 1u << place : 0u);
  }
}

TEST(MatchWords, LooksAtTheGivenBitsOnly) {
  Words words{};
  words.word[3] = 0xABCD0001;
  words.word[5] = 0xABCD0002;
  EXPECT_EQ(matching_words<16>(words.word.data(), 0xFFFF0000, 0xABCD0000), 0b101000u);
  EXPECT_EQ(matching_words<8>(words.word.data(), 0xFFFF0000, 0xABCD0000), 0b101000u);
  EXPECT_EQ(matching_words<8>(words.word.data(), ~0u, 0xABCD0000), 0u);
}

TEST(MatchWords, AgreesWithAskingOneByOne) {
  std::mt19937 random(7);
  for (int round = 0; round < 10'000; ++round) {
    Words words{};
    for (std::uint32_t& word : words.word) word = random() % 4 * 0x55555555u;
    const std::uint32_t bits = random() % 2 == 0 ? ~0u : 0xFFFFFF00u;
    const std::uint32_t wanted = (random() % 4 * 0x55555555u) & bits;
    ASSERT_EQ(matching_words<16>(words.word.data(), bits, wanted),
              one_by_one<16>(words, bits, wanted));
    ASSERT_EQ(matching_words<8>(words.word.data(), bits, wanted),
              one_by_one<8>(words, bits, wanted));
  }
}

}  // namespace
}  // namespace synfin
