#include "view/row_text.h"

#include <gtest/gtest.h>

#include "synfin/filter/show_expression.h"

namespace synfin {
namespace {

TEST(RowText, TakesAProcessApart) {
  RowText text;
  text.fill_process(text.about.orig, "4711 /opt/my program/run alice");
  EXPECT_EQ(text.about.orig.pid, 4711u);
  EXPECT_EQ(text.about.orig.exe, "/opt/my program/run");
  EXPECT_EQ(text.about.orig.user, "alice");
  text.fill_process(text.about.resp, "80/nginx www-data");
  EXPECT_EQ(text.about.resp.pid, 80u);
  EXPECT_EQ(text.about.resp.exe, "nginx");
  EXPECT_EQ(text.about.resp.user, "www-data");
  for (const char* unknown : {"", "4711", "4711 alice", "curl alice", " a b"}) {
    text.reset();
    text.fill_process(text.about.orig, unknown);
    EXPECT_EQ(text.about.orig.user, "") << unknown;
  }
}

TEST(RowText, KeepsTextsUntilReset) {
  RowText text;
  {
    const std::string name = "www.example.org with a long name";
    EndpointAnnotations known;
    known.name = name;
    known.country = "NL";
    text.fill(text.about.resp, Address::parse("192.0.2.1").value(), known);
  }
  SmallOutcomes outcomes;
  outcomes.add(Outcome::Refused);
  outcomes.add(Outcome::HalfOpen);
  text.fill(outcomes);
  EXPECT_EQ(text.about.resp.name, "www.example.org with a long name");
  EXPECT_EQ(text.about.outcomes, "refused half_open ");
  text.reset();
  EXPECT_EQ(text.about.outcomes, "");
  EXPECT_FALSE(text.about.resp.address);
}

TEST(RowText, IsWantedByTextOrByExpression) {
  RowText text;
  text += "192.0.2.1 HTTP";
  text.about.resp.port = 80;
  ViewRequest request;
  EXPECT_TRUE(is_wanted(request, text));
  request.filter = "ssh";
  EXPECT_FALSE(is_wanted(request, text));
  const auto show = ShowExpression::parse("port:80 http").value();
  request.show = &show;
  EXPECT_TRUE(is_wanted(request, text)) << "the expression replaces the text";
  text.about.resp.port = 81;
  EXPECT_FALSE(is_wanted(request, text));
}

}  // namespace
}  // namespace synfin
