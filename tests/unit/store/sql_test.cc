// Values become literals that no text can leave. tests/store/ has a server read them.
#include "store/sql.h"

#include <gtest/gtest.h>

namespace synfin::test {
namespace {

std::string text_of(const Sql& sql) { return std::string(sql.view()); }

TEST(Sql, QuotesTexts) {
  EXPECT_EQ(text_of(quoted("eth0")), "'eth0'");
  EXPECT_EQ(text_of(quoted("it's")), "'it\\'s'");
  EXPECT_EQ(text_of(quoted("\\' OR 1 = 1 --")), "'\\\\\\' OR 1 = 1 --'");
  EXPECT_EQ(text_of(quoted(std::string_view("a\0b\n\x7F", 5))), "'a\\x00b\\x0A\\x7F'");
  EXPECT_EQ(text_of(quoted("{} é")), "'{} é'");
}

TEST(Sql, QuotesAddresses) {
  EXPECT_EQ(text_of(quoted(*Address::parse("192.0.2.1"))),
            "toFixedString(unhex('00000000000000000000FFFFC0000201'), 16)");
  EXPECT_EQ(text_of(quoted(*Address::parse("2001:db8::1"))),
            "toFixedString(unhex('20010DB8000000000000000000000001'), 16)");
}

TEST(Sql, PutsValuesIntoStatements) {
  EXPECT_EQ(text_of(sql("SELECT {} FROM {} WHERE x = {}", -3, name_of("t"), quoted("{}"))),
            "SELECT -3 FROM t WHERE x = '{}'");
}

TEST(Sql, ANameThatIsNoneIsRefusedByTheServer) {
  EXPECT_EQ(text_of(name_of("connections_local")), "connections_local");
  EXPECT_EQ(text_of(name_of("a; DROP TABLE b")), "``");
  EXPECT_EQ(text_of(name_of("")), "``");
}

}  // namespace
}  // namespace synfin::test
