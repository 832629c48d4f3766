// The URLs and properties that --publish takes.
#include "publish/publish_target.h"

#include <gtest/gtest.h>

#include "publish/publish_process.h"

namespace synfin {
namespace {

TEST(PublishTarget, SplitsBrokersAndTopic) {
  const auto target =
      parse_publish_url("kafka://192.0.2.1:9092,[2001:db8::1]:9093,kafka-3/a.b-c_D");
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_EQ(target->brokers, "192.0.2.1:9092,[2001:db8::1]:9093,kafka-3");
  EXPECT_EQ(target->topic, "a.b-c_D");
}

TEST(PublishTarget, RefusesOtherUrls) {
  for (const std::string url :
       {"", "kafka:", "http://h/t", "kafka://h", "kafka://h/", "kafka:///t", "kafka://h,/t",
        "kafka://h:0/t", "kafka://h:65536/t", "kafka://h:x/t", "kafka://user:pw@h/t",
        "kafka://h/a/b", "kafka://h/a b", "kafka://h/..", "kafka://h\n/t", "kafka://[]/t"})
    EXPECT_FALSE(parse_publish_url(url)) << url;
  EXPECT_FALSE(parse_publish_url("kafka://h/" + std::string(250, 't')));
  EXPECT_TRUE(parse_publish_url("kafka://h/" + std::string(249, 't')));
}

TEST(PublishTarget, ReadsProperties) {
  const auto properties =
      parse_properties("# comment\n\na.b = c = d \r\nsasl.password=#x\nempty=", "f");
  ASSERT_TRUE(properties) << properties.error().message;
  EXPECT_EQ(*properties, (Properties{{"a.b", "c = d"}, {"sasl.password", "#x"}, {"empty", ""}}));
  const auto wrong = parse_properties("a=b\nwords", "file");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message.substr(0, 7), "file:2:");
  EXPECT_FALSE(parse_properties("=b", "f"));
}

TEST(PublishCounts, SurviveTheirText) {
  const PublishCounts counts{12, 0, 3, UINT64_MAX};
  EXPECT_EQ(parse_publish_counts(to_text(counts)), counts);
  EXPECT_FALSE(parse_publish_counts(""));
  EXPECT_FALSE(parse_publish_counts("1 2 3"));
  EXPECT_FALSE(parse_publish_counts("1 2 x 4"));
}

}  // namespace
}  // namespace synfin
