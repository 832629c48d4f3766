#include "synfin/report/format.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>

#include "unit/report/records.h"

namespace synfin {
namespace {

TEST(Format, NumbersHaveSeparators) {
  EXPECT_EQ(with_separators(0), "0");
  EXPECT_EQ(with_separators(999), "999");
  EXPECT_EQ(with_separators(1000), "1,000");
  EXPECT_EQ(with_separators(123456), "123,456");
  EXPECT_EQ(with_separators(18446744073709551615u), "18,446,744,073,709,551,615");
}

TEST(Format, SizesAreBinary) {
  EXPECT_EQ(binary_size(0), "0 B");
  EXPECT_EQ(binary_size(1023), "1023 B");
  EXPECT_EQ(binary_size(1024), "1.0 KiB");
  EXPECT_EQ(binary_size(34816), "34.0 KiB");
  EXPECT_EQ(binary_size(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(binary_size(std::uint64_t{5} << 30), "5.0 GiB");
  EXPECT_EQ(binary_size(UINT64_MAX), "16.0 EiB");
}

TEST(Format, SharesAreNeverRoundedToZeroOrAll) {
  EXPECT_EQ(percent_of(0, 0), "");
  EXPECT_EQ(percent_of(0, 10), "0.0%");
  EXPECT_EQ(percent_of(1, 3), "33.3%");
  EXPECT_EQ(percent_of(1, 1'000'000), "<0.1%");
  EXPECT_EQ(percent_of(999'999, 1'000'000), ">99.9%");
  EXPECT_EQ(percent_of(10, 10), "100%");
}

TEST(Format, SpansHaveTheirZone) {
  const Timestamp noon = timestamp_from_ns(1'772'366'400'250'000'000);  // 2026-03-01 12:00:00.25
  EXPECT_EQ(span_text(noon, noon + std::chrono::seconds{2}, Zone::Utc),
            "2026-03-01 12:00:00.250000 to 12:00:02.250000 UTC (2 s)");
  EXPECT_EQ(span_text(noon, noon + std::chrono::hours{25}, Zone::Utc),
            "2026-03-01 12:00:00 to 2026-03-02 13:00:00 UTC (1d01h)");
  EXPECT_EQ(span_text(noon, noon - std::chrono::hours{1}, Zone::Utc),
            "2026-03-01 12:00:00.250000 to 11:00:00.250000 UTC (0 s)");
}

/// In New York, summer time ends at 06:00 UTC on the first Sunday of November.
TEST(Format, ASpanAcrossTheEndOfSummerTimeHasBothZones) {
  const char* before = std::getenv("TZ");
  const std::string zone = before != nullptr ? before : "";
  setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1);
  tzset();
  const Timestamp change = timestamp_from_ns(1'793'512'800'000'000'000);
  EXPECT_EQ(
      span_text(change - std::chrono::minutes{30}, change + std::chrono::minutes{20}, Zone::Local),
      "2026-11-01 01:30:00 -04:00 to 01:20:00 -05:00 (50m00s)");
  zone.empty() ? unsetenv("TZ") : setenv("TZ", zone.c_str(), 1);
  tzset();
}

TEST(Format, AddressesOfVersionSixHaveBrackets) {
  EXPECT_EQ(endpoint_text({test::address("192.0.2.1"), 80}), "192.0.2.1:80");
  EXPECT_EQ(endpoint_text({test::address("2001:db8::1"), 443}), "[2001:db8::1]:443");
}

TEST(Format, AConfirmedNameHasAStar) {
  EndpointAnnotations about;
  EXPECT_EQ(host_name_text(about), "");
  about.name = "web.example.net";
  EXPECT_EQ(host_name_text(about), "web.example.net");
  about.name_confirmed = true;
  EXPECT_EQ(host_name_text(about), "web.example.net*");
}

TEST(Format, TimesKeepNanoseconds) {
  EXPECT_EQ(exact_rfc3339(timestamp_from_ns(test::kNoon)), "2026-03-01T12:00:00.000000Z");
  EXPECT_EQ(exact_rfc3339(timestamp_from_ns(test::kNoon + 1'000)), "2026-03-01T12:00:00.000001Z");
  EXPECT_EQ(exact_rfc3339(timestamp_from_ns(test::kNoon + 1'007)),
            "2026-03-01T12:00:00.000001007Z");
  EXPECT_EQ(exact_rfc3339(timestamp_from_ns(-1)), "1969-12-31T23:59:59.999999999Z");
}

EdgeRow failing(std::string_view to, std::initializer_list<Outcome> outcomes, std::uint8_t type = 0,
                std::uint8_t code = 0) {
  EdgeRow e;
  e.service = {test::address(to), 25};
  for (const Outcome o : outcomes) e.outcomes.add(o);
  e.icmp_type = type;
  e.icmp_code = code;
  return e;
}

TEST(Format, CausesAreDescribed) {
  EXPECT_EQ(cause_words(failing("192.0.2.1", {Outcome::Refused, Outcome::Closed})), "refused");
  EXPECT_EQ(cause_words(failing("192.0.2.1", {Outcome::Unanswered})), "no answer");
  EXPECT_EQ(cause_words(failing("192.0.2.1", {Outcome::HalfOpen})), "SYN-ACK not acknowledged");
  EXPECT_EQ(cause_words(failing("192.0.2.1", {Outcome::Unreachable}, 3, 1)), "host unreachable");
  EXPECT_EQ(cause_words(failing("192.0.2.1", {Outcome::Unreachable}, 3, 13)),
            "prohibited by a filter");
  EXPECT_EQ(cause_words(failing("192.0.2.1", {Outcome::Unreachable}, 11, 0)), "too many hops");
  EXPECT_EQ(cause_words(failing("2001:db8::1", {Outcome::Unreachable}, 1, 0)), "no route to host");
  EXPECT_EQ(cause_words(failing("2001:db8::1", {Outcome::Unreachable}, 3, 0)), "too many hops");
  EXPECT_EQ(cause_words(failing("2001:db8::1", {Outcome::Unreachable}, 200, 99)), "ICMP error");
}

TEST(Format, SeveralCausesHaveCounts) {
  const EdgeRow e =
      failing("192.0.2.1", {Outcome::Refused, Outcome::Unanswered, Outcome::Unanswered});
  EXPECT_EQ(cause_words(e), "no answer (2), refused (1)");
  EXPECT_EQ(main_failure(e), Outcome::Unanswered);
}

TEST(Format, EveryOutcomeAndStateIsDescribed) {
  for (int i = 0; i < kOutcomes; ++i) EXPECT_FALSE(outcome_words(static_cast<Outcome>(i)).empty());
  for (int i = 0; i < kConnStates; ++i)
    EXPECT_FALSE(state_words(static_cast<ConnState>(i)).empty());
}

}  // namespace
}  // namespace synfin
