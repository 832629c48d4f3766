// The packed parts of a slot: histories and round-trip times.
#include "track/slot.h"

#include <gtest/gtest.h>

#include <bit>
#include <string>

namespace synfin {
namespace {

std::string letters(const PackedHistory& history) {
  std::string text;
  for (unsigned i = 0; i < history.size(); ++i) {
    text += PackedHistory::kLetters[history.symbol(i) & 15u];
    text += (history.symbol(i) & 16u) != 0 ? '1' : '0';
  }
  return text;
}

TEST(PackedHistory, KeepsTwelveLettersAndTheirEnds) {
  PackedHistory history;
  EXPECT_EQ(letters(history), "");
  std::string expected;
  for (unsigned i = 0; i < PackedHistory::kCapacity; ++i) {
    EXPECT_FALSE(history.full());
    history.append(static_cast<Letter>(12 - i), i % 2);
    expected += PackedHistory::kLetters[12 - i];
    expected += i % 2 != 0 ? '1' : '0';
    EXPECT_EQ(letters(history), expected);
  }
  EXPECT_TRUE(history.full());
}

TEST(SlotSideFlags, TheFlagsThatAreTestedTogetherAreTheSixLowest) {
  const SlotSideFlags tested{.state = 7, .closed = 1, .ack_ahead = 1, .hole = 1};
  EXPECT_EQ(std::bit_cast<std::uint32_t>(tested), 63u);
}

TEST(PackedHistory, HoldsTheIndexOfADetail) {
  const auto history = PackedHistory::elsewhere(0xFFFFFFFF);
  EXPECT_EQ(history.detail(), 0xFFFFFFFFu);
  EXPECT_EQ(history.size(), 0u);
}

TEST(PackedHistory, AppendsALetterOnlyIfItIsWanted) {
  PackedHistory plain;
  PackedHistory tested;
  for (unsigned i = 0; i < PackedHistory::kCapacity; ++i) {
    const auto letter = static_cast<Letter>(i);
    tested.append_if(false, Letter::W, 1);
    EXPECT_EQ(letters(tested), letters(plain));
    tested.append_if(true, letter, i % 2);
    plain.append(letter, i % 2);
    EXPECT_EQ(letters(tested), letters(plain));
  }
  tested.append_if(false, Letter::W, 1);
  EXPECT_EQ(letters(tested), letters(plain)) << "full, and nothing was wanted";
}

TEST(PackedRtt, ExactBelowTwoSecondsAndInMicrosecondsAbove) {
  const std::int64_t kEdge = 1ll << 31;
  const std::int64_t kMax = ((1ll << 31) - 1) * 1000;  // the first that does not fit
  const struct {
    std::int64_t set;
    std::int64_t got;
  } cases[] = {{0, 0},
               {1, 1},
               {kEdge - 1, kEdge - 1},
               {kEdge, kEdge / 1000 * 1000},
               {130'000'000'999, 130'000'000'000},
               {kMax - 1, kMax - 1000}};
  for (const auto& c : cases) {
    PackedRtt rtt;
    EXPECT_FALSE(rtt.known());
    rtt.set(Duration{c.set});
    EXPECT_TRUE(rtt.known()) << c.set;
    EXPECT_EQ(rtt.get(), Duration{c.got});
  }
}

TEST(PackedRtt, ValuesOutsideItsRangeLeaveItUnknown) {
  for (const Duration d : {Duration{-1}, Duration::min(), Duration{((1ll << 31) - 1) * 1000},
                           Duration::max(), kNoDuration}) {
    PackedRtt rtt;
    rtt.set(d);
    EXPECT_FALSE(rtt.known()) << d.count();
    EXPECT_EQ(rtt.get(), kNoDuration);
  }
}

TEST(Slot, RemembersTheStateBeforeTheLastChange) {
  Slot slot;
  EXPECT_EQ(slot.state(0), EndState::Inactive);
  slot.set_state(0, EndState::SynSent);
  slot.set_state(0, EndState::Reset);
  slot.set_state(0, EndState::Reset);
  EXPECT_EQ(slot.state(0), EndState::Reset);
  EXPECT_EQ(slot.side_flags[0].previous, static_cast<unsigned>(EndState::SynSent));
  EXPECT_EQ(slot.state(1), EndState::Inactive);
  EXPECT_EQ(slot.resp(), 1u);
  slot.flags.orig = 1;
  EXPECT_EQ(slot.orig(), 1u);
  EXPECT_EQ(slot.resp(), 0u);
}

}  // namespace
}  // namespace synfin
