// ScreenFrames: sizes, header, tabs, lists, filters, details, pause, hostile names.
#include "synfin/view/screen_frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "unit/view/screen_sample.h"

namespace synfin {
namespace {

using testing::HasSubstr;
using testing::Not;
using view_test::at;
using view_test::ScreenFrameTest;

TEST_F(ScreenFrameTest, TheHeaderDescribesTheRun) {
  const std::string text = draw({200, 50});
  for (const char* word : {"eth0", "control packets", "12 open", "1,234 conn/s", "0 dropped",
                           "50.0 MiB", "filter: tcp port 80"}) {
    EXPECT_THAT(text, HasSubstr(word));
  }
  EXPECT_THAT(text, Not(HasSubstr("events dropped")));
  model_.dropped_events = 1000;
  EXPECT_THAT(draw({200, 50}), HasSubstr("0 dropped  1,000 events dropped"));
}

TEST_F(ScreenFrameTest, TheErrorOfAFilterIsNotCutOff) {
  model_.add(300);
  type(U"/port:80 state:established country:Nowhere");
  for (const ScreenSize size : {ScreenSize{100, 30}, ScreenSize{40, 12}}) {
    const std::string text = draw(size);
    EXPECT_THAT(text, HasSubstr("'nowhere'")) << "the word at fault";
    EXPECT_THAT(text, HasSubstr("country:nowhere_")) << "what is being typed";
  }
  state_.press({.key = Key::Enter});
  EXPECT_THAT(draw({40, 12}), HasSubstr("'nowhere'"));
  state_.press({.key = Key::Escape});
  EXPECT_THAT(draw({40, 12}), Not(HasSubstr("nowhere")));
}

TEST_F(ScreenFrameTest, AFilterMayNameAPart) {
  model_.add(300);
  type(U"/port:1000-1004 -port:1001");
  const std::string text = draw({100, 30});
  EXPECT_THAT(text, HasSubstr("4 services"));
  EXPECT_THAT(text, Not(HasSubstr(" 1001 ")));
}

TEST_F(ScreenFrameTest, AFilterThatCannotBeReadHidesNothingAndSaysWhy) {
  model_.add(3);
  type(U"/prot:1000");
  const std::string text = draw({100, 30});
  EXPECT_THAT(text, HasSubstr("3 services"));
  EXPECT_THAT(text, HasSubstr("column 1: there is no key 'prot'; did you mean 'port'?"));
  state_.press({.key = Key::Enter, .character = 0});
  EXPECT_THAT(draw({160, 30}), HasSubstr("did you mean 'port'?"));
}

TEST_F(ScreenFrameTest, EveryTabFitsEverySize) {
  model_.add(300);
  for (const ScreenSize size : {ScreenSize{80, 24}, ScreenSize{200, 50}, ScreenSize{40, 10},
                                ScreenSize{20, 5}, ScreenSize{1, 1}}) {
    for (const char32_t tab : std::u32string_view(U"12345678?")) {
      type(std::u32string(1, tab));
      draw(size);
      draw(size);
    }
    type(U"?");
  }
}

TEST_F(ScreenFrameTest, TheRowAtTheCursorIsSelected) {
  model_.add(50);
  draw();
  state_.press({.key = Key::Down});
  const std::string text = draw();
  ASSERT_TRUE(selected_);
  EXPECT_EQ(*selected_, 5u);  // head, tabs, title, head of the table, one row
  EXPECT_THAT(text, HasSubstr("50 services"));
}

TEST_F(ScreenFrameTest, TheFooterCountsHiddenRows) {
  model_.add(50);
  draw();
  EXPECT_THAT(draw(), HasSubstr("31 below"));
  state_.press({.key = Key::End});
  draw();
  EXPECT_THAT(draw(), HasSubstr("31 above"));
}

TEST_F(ScreenFrameTest, AnOrdinaryTerminalHasTheNamesAndKeysOfAllViews) {
  constexpr ScreenSize kOrdinary{80, 24};
  model_.add(50);
  draw(kOrdinary);
  const std::string text = draw(kOrdinary);
  for (const char* word :
       {" 1events", " 2timeli", " 3endpoi", " 4client", "[5 services]", " 6netsta", " 7summar",
        " 8proces", " 9invent", "q quit", "? help", "w write", "p pause", "/ filter", "s sort: "})
    EXPECT_THAT(text, HasSubstr(word));
  EXPECT_THAT(draw({110, 24}), HasSubstr("S reverse"));
  EXPECT_THAT(draw({60, 24}), HasSubstr(" 6 7 8"));
  type(U"?");
  draw(kOrdinary);
  const std::string help = draw(kOrdinary);
  EXPECT_THAT(help, Not(HasSubstr(" below"))) << "the help fits";
  EXPECT_THAT(help, HasSubstr("while a connection is open."));
}

TEST_F(ScreenFrameTest, TheSummaryOffersNoFilter) {
  EXPECT_THAT(draw(), HasSubstr("/ filter"));
  type(U"7");
  EXPECT_THAT(draw(), Not(HasSubstr("/ filter")));
}

TEST_F(ScreenFrameTest, AFilterNarrowsTheListAsItIsTyped) {
  model_.add(50);
  draw();
  type(U"/104");
  const std::string text = draw();
  EXPECT_THAT(text, HasSubstr("10 services"));
  EXPECT_THAT(text, HasSubstr("/104_"));
  EXPECT_THAT(text, Not(HasSubstr(" 1030 ")));
}

TEST_F(ScreenFrameTest, DetailsDescribeOneConnection) {
  model_.add(3);
  type(U"1");
  draw({120, 30});
  state_.press({.key = Key::Enter});
  const std::string text = draw({120, 30});
  EXPECT_THAT(text, HasSubstr("One connection"));
  EXPECT_THAT(text, HasSubstr("established, ended by FIN"));
  EXPECT_THAT(text, HasSubstr("SYN"));
  EXPECT_THAT(text, HasSubstr("OPEN"));
}

TEST_F(ScreenFrameTest, AllClientsAreReachedInColumns) {
  model_.hide_names();
  model_.add(1500);
  type(U"4");
  constexpr ScreenSize kWide{200, 50};
  draw(kWide);
  EXPECT_THAT(draw(kWide), HasSubstr("856 below")) << "46 rows of 14 columns";
  for (int page = 1; page < 3; ++page) {
    state_.press({.key = Key::PageDown});
    draw(kWide);
  }
  state_.press({.key = Key::End});
  draw(kWide);
  EXPECT_THAT(draw(kWide), HasSubstr("198.18.5.219 ")) << "the last one";
}

TEST_F(ScreenFrameTest, DetailsOfAnOpenConnectionHaveNoCauseAndNoEnd) {
  view_test::ConnectionScript s(at("192.0.2.1", 1), at("198.51.100.1", 80),
                                -std::chrono::minutes{5});
  s.record().synack_rtt = std::chrono::microseconds{15};
  s.record().orig.bytes = 4096;
  s.record().bytes_basis = BytesBasis::Modulo;
  model_.observe(s.emit(EventKind::Open, Outcome::Open));
  type(U"1");
  draw({120, 30});
  state_.press({.key = Key::Enter});
  const std::string text = draw({120, 30});
  EXPECT_THAT(text, testing::ContainsRegex("open for +5m00s"));
  EXPECT_THAT(text, HasSubstr("at least 4.0 KiB sent"));
  EXPECT_THAT(text, Not(HasSubstr("lasted")));
  EXPECT_THAT(text, Not(HasSubstr("cause ")));
}

TEST_F(ScreenFrameTest, LongClientListsUseColumns) {
  model_.add(100);
  type(U"4");
  std::string text = draw({120, 24});
  EXPECT_THAT(text, HasSubstr("evil\\x1b[2J\\x0aname(198.18.0.0)"));
  EXPECT_THAT(text, HasSubstr("(198.18.0.25)"));
  type(U"c");
  text = draw({120, 24});
  EXPECT_THAT(text, HasSubstr("Attempts"));
}

TEST_F(ScreenFrameTest, HostileNamesAreEscapedOnEveryTab) {
  model_.add(5);
  for (const char32_t tab : std::u32string_view(U"123456")) {
    type(std::u32string(1, tab));
    EXPECT_THAT(draw({250, 30}), Not(HasSubstr("\x1b")));
  }
}

TEST_F(ScreenFrameTest, WithoutUnicodeOnlyAsciiIsDrawn) {
  model_.add(5);
  ScreenFrames plain(model_, {.unicode = false, .zone = Zone::Utc});
  for (const char32_t tab : std::u32string_view(U"12345678?")) {
    type(std::u32string(1, tab));
    for (const Line& line : plain.draw(state_, {120, 30}).lines) {
      for (const Piece& piece : line) {
        for (const char c : piece.text)
          EXPECT_LT(static_cast<unsigned char>(c), 0x80) << piece.text;
      }
    }
  }
}

}  // namespace
}  // namespace synfin
