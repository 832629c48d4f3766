// What the status of an HTTP answer means. tests/check/notify.py has the transfers themselves.
#include "notify/transfers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace synfin {
namespace {

using std::chrono::seconds;

TEST(Answer, SuccessIsAnyStatusOf2xx) {
  for (const long status : {200L, 201L, 202L, 204L})
    EXPECT_TRUE(judge_http(status, {}, "").delivered);
  for (const long status : {0L, 301L, 302L, 404L, 429L, 500L})
    EXPECT_FALSE(judge_http(status, {}, "").delivered);
}

TEST(Answer, OnlyTheMessageItselfIsRefusedForGood) {
  EXPECT_TRUE(judge_http(400, {}, "").permanent);
  EXPECT_TRUE(judge_http(413, {}, "").permanent);
  for (const long status : {401L, 403L, 404L, 408L, 429L, 500L, 503L})
    EXPECT_FALSE(judge_http(status, {}, "").permanent) << status;
}

TEST(Answer, ServersDemandATime) {
  EXPECT_EQ(judge_http(429, seconds{7}, "").retry_after, seconds{7});
  EXPECT_EQ(judge_http(429, {}, R"({"ok":false,"parameters":{"retry_after":35}})").retry_after,
            seconds{35});
  EXPECT_EQ(judge_http(429, {}, R"("retry_after":999999999)").retry_after, seconds{86'400});
  EXPECT_EQ(judge_http(429, {}, R"("retry_after":x)").retry_after, seconds{0});
}

TEST(Answer, IsMaskedBeforeItIsClipped) {
  Channel channel;
  channel.token = "s3cret-token";
  TransferAnswer received;
  received.status = 500;
  received.body = std::string(390, 'x') + "s3cret-token\x1b\n";
  EXPECT_EQ(judge(received, channel).body, std::string(390, 'x') + "***\x1b\n")
      << "what prints it makes it plain";
}

Channel mail_to(int recipients) {
  Channel channel;
  channel.kind = ChannelKind::Email;
  channel.to.assign(static_cast<std::size_t>(recipients), "a@example.net");
  return channel;
}

TransferAnswer refused(long status, MailRefusals refusals) {
  TransferAnswer answer;
  answer.status = status;
  answer.failure = "failed";
  answer.refusals = std::move(refusals);
  return answer;
}

TEST(Answer, AMailThatNobodyMayGetIsRefusedForGood) {
  const MailRefusals gone{.count = 1, .recipients = {"<a@example.net>: 550 gone"}};
  const Answer answer = judge(refused(550, gone), mail_to(1));
  EXPECT_TRUE(answer.permanent);
  EXPECT_EQ(answer.sentence + ": " + answer.body, "SMTP 550: <a@example.net>: 550 gone");
  MailRefusals later = gone;
  later.temporary = true;
  EXPECT_FALSE(judge(refused(550, later), mail_to(1)).permanent);
  EXPECT_FALSE(judge(refused(550, gone), mail_to(2)).permanent) << "the sender was refused";
  EXPECT_TRUE(judge(refused(554, {.other = "554 spam", .data = true}), mail_to(1)).permanent);
  EXPECT_FALSE(judge(refused(554, {.other = "554 no"}), mail_to(1)).permanent);
  EXPECT_FALSE(judge(refused(535, {.other = "535 password"}), mail_to(1)).permanent);
}

TEST(Answer, AMailMayBeDeliveredToSome) {
  TransferAnswer received =
      refused(250, {.count = 3, .recipients = {"<b>: 550 no", "<c>: 450 no"}});
  received.failure.clear();
  const Answer answer = judge(received, mail_to(4));
  EXPECT_TRUE(answer.delivered);
  EXPECT_TRUE(answer.partly);
  EXPECT_EQ(answer.body, "<b>: 550 no; <c>: 450 no; and 1 other recipient");
}

TEST(Answer, RedirectsAreExplained) {
  EXPECT_THAT(judge_http(302, {}, "").sentence, testing::HasSubstr("does not follow"));
}

}  // namespace
}  // namespace synfin
