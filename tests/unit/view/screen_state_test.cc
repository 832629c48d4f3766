// ScreenState: the effect of each key.
#include "synfin/view/screen_state.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

KeyPress typed(char32_t c) { return {.key = Key::Character, .character = c}; }
KeyPress key(Key k) { return {.key = k}; }

RowTarget some_subject() {
  return {.host = Address::from_v4(0xC0000201), .peer = {}, .port = {}, .connection = {}};
}

class ScreenStateTest : public testing::Test {
 protected:
  ScreenStateTest() { show(100, 20); }
  void show(std::size_t rows, std::size_t visible) {
    state_.set_shown({rows, visible}, some_subject(), 3);
  }
  void press(Key k) { state_.press(key(k)); }
  void type(std::u32string_view text) {
    for (const char32_t c : text) state_.press(typed(c));
  }
  ScreenState state_{ViewKind::Services};
};

TEST_F(ScreenStateTest, DigitsAndTabsSwitchTheView) {
  type(U"1");
  EXPECT_EQ(state_.tab(), ViewKind::Events);
  type(U"7");
  EXPECT_EQ(state_.tab(), ViewKind::Summary);
  type(U"\t");
  EXPECT_EQ(state_.tab(), ViewKind::Processes);
  type(U"\t");
  EXPECT_EQ(state_.tab(), ViewKind::Inventory);
  type(U"\t");
  EXPECT_EQ(state_.tab(), ViewKind::Events);
  press(Key::Left);
  EXPECT_EQ(state_.tab(), ViewKind::Inventory);
  type(U"19");
  EXPECT_EQ(state_.tab(), ViewKind::Inventory);
}

TEST_F(ScreenStateTest, EachTabKeepsItsGrouping) {
  type(U"8g");
  EXPECT_EQ(state_.list().group, 1u);
  type(U"1");
  EXPECT_EQ(state_.list().group, 0u);
}

TEST_F(ScreenStateTest, EnterOpensOnlyATarget) {
  state_.set_shown({1, 1}, RowTarget{}, 1);
  press(Key::Enter);
  EXPECT_EQ(state_.overlay(), Overlay::None);
  RowTarget program;
  program.process = "/bin/a";
  state_.set_shown({1, 1}, program, 1);
  press(Key::Enter);
  EXPECT_EQ(state_.overlay(), Overlay::Details);
}

TEST_F(ScreenStateTest, EachTabKeepsItsPositionOrderAndFilter) {
  press(Key::PageDown);
  type(U"s/ab");
  press(Key::Enter);
  type(U"1");
  EXPECT_EQ(state_.list().order, 0u);
  EXPECT_EQ(state_.list().filter, "");
  type(U"5");
  EXPECT_EQ(state_.list().order, 1u);
  EXPECT_EQ(state_.list().filter, "ab");
}

TEST_F(ScreenStateTest, TheCursorStaysInTheListAndVisible) {
  press(Key::Up);
  EXPECT_EQ(state_.list().cursor, 0u);
  for (int i = 0; i < 25; ++i) press(Key::Down);
  EXPECT_EQ(state_.list().cursor, 25u);
  EXPECT_EQ(state_.list().top, 6u);
  press(Key::End);
  EXPECT_EQ(state_.list().cursor, 99u);
  EXPECT_EQ(state_.list().top, 80u);
  press(Key::PageUp);
  EXPECT_EQ(state_.list().cursor, 79u);
  press(Key::Home);
  EXPECT_EQ(state_.list().top, 0u);
}

TEST_F(ScreenStateTest, TheCursorFollowsAShrinkingList) {
  press(Key::End);
  show(5, 20);
  EXPECT_EQ(state_.list().cursor, 4u);
  EXPECT_EQ(state_.list().top, 0u);
  show(0, 20);
  EXPECT_EQ(state_.list().cursor, 0u);
}

TEST_F(ScreenStateTest, ASmallerScreenKeepsTheCursorVisible) {
  for (int i = 0; i < 15; ++i) press(Key::Down);
  show(100, 4);
  EXPECT_EQ(state_.list().top, 12u);
}

TEST_F(ScreenStateTest, AFilterIsTypedEditedKeptAndCleared) {
  type(U"/qÄ1");
  EXPECT_TRUE(state_.typing());
  EXPECT_EQ(state_.list().filter, "qÄ1");  // q does not quit, 1 does not switch
  press(Key::Backspace);
  press(Key::Backspace);
  EXPECT_EQ(state_.list().filter, "q");
  press(Key::Enter);
  EXPECT_FALSE(state_.typing());
  EXPECT_EQ(state_.list().filter, "q");
  press(Key::Escape);
  EXPECT_EQ(state_.list().filter, "");
  type(U"/x");
  press(Key::Escape);
  EXPECT_EQ(state_.list().filter, "");
  EXPECT_FALSE(state_.take_quit());
}

TEST_F(ScreenStateTest, FiltersAreLowerCase) {
  type(U"/AB");
  EXPECT_EQ(state_.list().filter, "ab");
}

TEST_F(ScreenStateTest, SortOrdersCycle) {
  type(U"sss");
  EXPECT_EQ(state_.list().order, 0u);
}

TEST_F(ScreenStateTest, SReversesTheOrderUntilTheNextOrder) {
  type(U"S");
  EXPECT_TRUE(state_.list().reversed);
  type(U"s");
  EXPECT_FALSE(state_.list().reversed);
}

TEST_F(ScreenStateTest, TheSummaryIsNotFiltered) {
  type(U"7");
  type(U"/");
  EXPECT_FALSE(state_.typing());
}

TEST_F(ScreenStateTest, EnterOpensTheSelectionAndEscapeReturns) {
  press(Key::Enter);
  ASSERT_EQ(state_.overlay(), Overlay::Details);
  EXPECT_EQ(state_.target().host, some_subject().host);
  state_.set_shown({50, 20}, std::nullopt, 1);
  press(Key::Down);
  EXPECT_EQ(state_.overlay_top(), 1u);
  press(Key::End);
  EXPECT_EQ(state_.overlay_top(), 30u);
  press(Key::Escape);
  EXPECT_EQ(state_.overlay(), Overlay::None);
}

TEST_F(ScreenStateTest, EnterWithoutASelectionDoesNothing) {
  state_.set_shown({0, 20}, std::nullopt, 1);
  press(Key::Enter);
  EXPECT_EQ(state_.overlay(), Overlay::None);
}

TEST_F(ScreenStateTest, HelpPauseWriteQuit) {
  type(U"?");
  EXPECT_EQ(state_.overlay(), Overlay::Help);
  type(U"?p");
  EXPECT_EQ(state_.overlay(), Overlay::None);
  EXPECT_TRUE(state_.paused());
  type(U"pw");
  EXPECT_FALSE(state_.paused());
  EXPECT_TRUE(state_.take_write());
  EXPECT_FALSE(state_.take_write());
  type(U"q");
  EXPECT_TRUE(state_.take_quit());
  EXPECT_FALSE(state_.take_quit());
}

TEST_F(ScreenStateTest, ColumnsFollowTheListLengthUnlessChosen) {
  EXPECT_FALSE(state_.columns(false));
  EXPECT_TRUE(state_.columns(true));
  type(U"c");
  EXPECT_FALSE(state_.columns(true));
  type(U"c");
  EXPECT_TRUE(state_.columns(false));
}

}  // namespace
}  // namespace synfin
