// ScreenPause: a paused list, summary and details page stay; orders, filters, scrolling.
#include "synfin/view/screen_pause.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "unit/view/screen_sample.h"

namespace synfin {
namespace {

using testing::HasSubstr;
using testing::Not;
using view_test::at;

class ScreenPauseTest : public view_test::ScreenFrameTest {};

TEST_F(ScreenPauseTest, AnotherViewEndsThePauseWithAMessage) {
  model_.add(3);
  type(U"p");
  draw();
  for (const char32_t* view : {U"7", U"4"}) {
    type(view);
    EXPECT_THAT(draw(), HasSubstr("another view has ended the pause"));
    type(U"5p");
    draw();
  }
  type(U"p");
  for (int frame = 0; frame < 30; ++frame) draw();
  type(U"4");
  EXPECT_THAT(draw(), Not(HasSubstr("has ended the pause"))) << "there was none";
}

TEST_F(ScreenPauseTest, APausedPageStaysAndScrolls) {
  model_.add(50);
  draw();
  type(U"p");
  draw();
  const int asked = model_.pages;
  model_.add(200);
  state_.press({.key = Key::PageDown});
  const std::string text = draw();
  EXPECT_EQ(model_.pages, asked);
  EXPECT_THAT(text, HasSubstr("PAUSED"));
  EXPECT_THAT(text, HasSubstr("50 services"));
  type(U"p");
  EXPECT_THAT(draw(), HasSubstr("200 services"));
}

TEST_F(ScreenPauseTest, ThePausedSummaryStays) {
  type(U"7p");
  EXPECT_THAT(draw(), HasSubstr("report 1"));
  EXPECT_THAT(draw(), HasSubstr("report 1"));
  type(U"p");
  EXPECT_THAT(draw(), HasSubstr("report 2"));
}

TEST_F(ScreenPauseTest, PausedDetailsStay) {
  view_test::ConnectionScript s(at("192.0.2.1", 1), at("198.51.100.1", 80));
  model_.observe(s.emit(EventKind::Open, Outcome::Open));
  type(U"1");
  draw({120, 30});
  state_.press({.key = Key::Enter});
  type(U"p");
  EXPECT_THAT(draw({120, 30}), Not(HasSubstr("CLOSE")));
  model_.observe(s.emit(EventKind::Close, Outcome::Closed));
  EXPECT_THAT(draw({120, 30}), Not(HasSubstr("CLOSE")));
  type(U"p");
  EXPECT_THAT(draw({120, 30}), HasSubstr("CLOSE"));
}

TEST_F(ScreenPauseTest, APausedListIsSortedAndFiltered) {
  model_.add(50);
  draw();
  type(U"p");
  draw();
  type(U"S");
  std::string text = draw();
  EXPECT_THAT(text, HasSubstr("Attempts▲"));
  EXPECT_LT(text.find(" 1049 "), text.find(" 1040 ")) << "the last one comes first";
  const int asked = model_.pages;
  EXPECT_EQ(draw(), text);
  EXPECT_EQ(model_.pages, asked) << "it is read once";
  type(U"/port:1007");
  text = draw();
  EXPECT_THAT(text, HasSubstr("1 service"));
  EXPECT_THAT(text, HasSubstr(" 1007 "));
}

/// Two groups of endpoints, each longer than the screen.
TEST_F(ScreenPauseTest, APausedListWithHeadingsScrollsAsBefore) {
  for (std::uint32_t i = 0; i < 60; ++i) {
    const Endpoint near{Address::from_v4(0x0A000001), 5000};
    const Endpoint far{Address::from_v4(0xC6120000u + i), 5000};
    view_test::ConnectionScript s(i < 30 ? near : far, i < 30 ? far : near);
    model_.observe(s.emit(EventKind::Open, Outcome::Open));
  }
  constexpr ScreenSize kSize{120, 24};
  type(U"3");
  draw(kSize);
  for (const Key key : {Key::End, Key::PageUp, Key::PageUp, Key::Home, Key::PageDown}) {
    state_.press({.key = key});
    draw(kSize);
    const std::string before = draw_body(kSize);
    type(U"p");
    draw(kSize);
    EXPECT_EQ(draw_body(kSize), before);
    state_.press({.key = key});
    draw(kSize);
    const std::string paused = draw_body(kSize);
    type(U"p");
    draw(kSize);
    EXPECT_EQ(draw_body(kSize), paused);
  }
}

TEST_F(ScreenPauseTest, ALongPausedListSaysWhereItEnds) {
  model_.add(2307);
  draw();
  EXPECT_THAT(draw(), HasSubstr("2,288 below"));
  type(U"p");
  EXPECT_THAT(draw(), HasSubstr("1,981 below of the first 2,000"));
}

}  // namespace
}  // namespace synfin
