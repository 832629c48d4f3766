// The rows that are queried, as SQL, and the fields of results. tests/store/queries.py has a
// server.
#include "store/store_session.h"

#include <gtest/gtest.h>

#include <cmath>

#include "store/connections_query.h"
#include "store/handshake_steps.h"
#include "store/report_queries.h"

namespace synfin {
namespace {

std::string where(const StoreQueryOptions& options, bool days = false) {
  const auto scope = Scope::of(options);
  return scope ? std::string(scope->where(days).view()) : scope.error().message;
}

TEST(Scope, OfEverythingHasNoCondition) {
  EXPECT_EQ(where({}), "1");
  EXPECT_TRUE(Scope::of({})->has_whole_days());
}

TEST(Scope, HasDaysAndTimes) {
  StoreQueryOptions o;
  o.since_text = "2026-03-01T00:00:00Z";
  o.until_text = "2026-03-02T12:00:00Z";
  EXPECT_EQ(where(o),
            "1 AND day >= toDate(20513) AND ts >= 1772323200000000000 AND day <= toDate(20514) AND "
            "ts < 1772452800000000000");
  EXPECT_FALSE(Scope::of(o)->has_whole_days());
  o.until_text = "2026-03-02T00:00:00Z";
  EXPECT_EQ(where(o, true), "1 AND day >= toDate(20513) AND day < toDate(20514)");
  EXPECT_TRUE(Scope::of(o)->has_whole_days());
}

TEST(Scope, RefusesTimes) {
  StoreQueryOptions o;
  o.since_text = "yesterday";
  EXPECT_NE(where(o).find("--since takes a time"), std::string::npos);
  o.since_text = "2026-03-02";
  o.until_text = "2026-03-01";
  EXPECT_NE(where(o).find("until must be later"), std::string::npos);
}

TEST(Scope, QuotesTexts) {
  StoreQueryOptions o;
  o.sensors = {"it's", "back\\slash\n"};
  EXPECT_EQ(where(o), "1 AND sensor IN ('it\\'s', 'back\\\\slash\\x0A')");
}

TEST(Scope, HasPortsAndNetworks) {
  StoreQueryOptions o;
  o.ports = {80, 443};
  o.nets = {*Cidr::parse("192.0.2.0/24")};
  const std::string text = where(o);
  EXPECT_NE(text.find("resp_p IN (80, 443)"), std::string::npos);
  EXPECT_NE(text.find("orig_h >= toFixedString(unhex('00000000000000000000FFFFC0000200'), 16)"),
            std::string::npos);
  EXPECT_NE(text.find("resp_h <= toFixedString(unhex('00000000000000000000FFFFC00002FF'), 16)"),
            std::string::npos);
}

TEST(ResultRow, ReadsFields) {
  ResultRow row({"18446744073709551615", "-3", "1000000000", "00000000000000000000FFFFC0000201",
                 "[1.5,nan,2]", "text"});
  EXPECT_EQ(row.number(), UINT64_MAX);
  EXPECT_EQ(row.signed_number(), -3);
  EXPECT_EQ(to_ns(row.time()), 1'000'000'000);
  EXPECT_EQ(row.address(), *Address::parse("192.0.2.1"));
  const std::vector<double> numbers = row.numbers();
  ASSERT_EQ(numbers.size(), 3u);
  EXPECT_EQ(numbers[2], 2.0);
  EXPECT_EQ(row.text(), "text");
}

TEST(ResultRow, ReadsNothingFromDamage) {
  ResultRow row({"x", "12345", "1,2]"});
  EXPECT_EQ(row.number(), 0u);
  EXPECT_EQ(row.address(), Address{});
  EXPECT_TRUE(row.numbers().empty());
  EXPECT_EQ(row.number(), 0u);  // a field that is missing
  EXPECT_EQ(row.text(), "");
}

TEST(Scope, ServicesLimitTheRowsAndNotTheSums) {
  Scope scope;
  scope.services.emplace();
  EXPECT_EQ(scope.where(false).view(), "1 AND 0");
  scope.services->push_back({*Address::parse("192.0.2.1"), 80});
  EXPECT_EQ(scope.where(true).view(), "1");
  EXPECT_NE(scope.where(false).view().find("(resp_p, resp_h) IN ((80, toFixedString(unhex('"),
            std::string_view::npos);
}

TEST(HandshakeSteps, TheMiddleIsNearEachTime) {
  for (std::int64_t ns = 1024; ns < std::int64_t{1} << 42; ns += ns / 100 + 1) {
    const double step = std::floor((std::log2(static_cast<double>(ns)) - 10) * 32);
    const auto middle = static_cast<double>(handshake_time_of(step).count());
    EXPECT_NEAR(middle / static_cast<double>(ns), 1, 0.011) << ns;
  }
  for (const double none : {std::nan(""), -1.0, 1024.0})
    EXPECT_EQ(handshake_time_of(none), kNoDuration);
}

std::string conditions(std::string_view expression) {
  const auto parsed = ShowExpression::parse(expression);
  return parsed ? std::string(conditions_of(*parsed).view()) : parsed.error().message;
}

TEST(ConnectionsQuery, LeavesToTheReaderWhatSqlCannotExpress) {
  EXPECT_EQ(conditions(""), "1");
  EXPECT_EQ(conditions("port:80-81"),
            "1 AND (0 OR (orig_p BETWEEN 80 AND 81 OR resp_p BETWEEN 80 AND 81))");
  EXPECT_EQ(conditions("outcome:refused,reset"),
            "1 AND (0 OR outcome = 'refused' OR outcome = 'reset')");
  EXPECT_EQ(conditions("-port:80"), "1");
  EXPECT_EQ(conditions("\"it's\" host:example.org"), "1");
  EXPECT_NE(conditions("resp:192.0.2.1").find("resp_h >= toFixedString"), std::string::npos);
}

TEST(ReportQueries, NameNoOtherTables) {
  const Scope scope;
  for (const bool days : {true, false}) {
    const ReportQueries queries(scope, days, 10);
    const std::string from = days ? " FROM days WHERE 1" : " FROM connections WHERE 1";
    for (const Sql& one : {queries.totals(), queries.services(), queries.edges({}),
                           queries.hosts(false), queries.scanners()})
      EXPECT_NE(one.view().find(from), std::string_view::npos) << one.view();
  }
}

TEST(ResultRow, TimesAreThoseOfPackets) {
  ResultRow row({"-9223372036854775808", "9223372036854775807", "5"});
  EXPECT_EQ(row.time(), kMinTime);
  EXPECT_EQ(row.time(), kMaxTime);
  EXPECT_EQ(row.time(), timestamp_from_ns(5));
}

}  // namespace
}  // namespace synfin
