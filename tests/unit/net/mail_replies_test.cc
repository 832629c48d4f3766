// Sessions with mail servers, and what is kept of them.
#include "net/mail_replies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace synfin::test {
namespace {

using testing::ElementsAre;

TEST(MailReplies, NamesRecipientsThatWereRefused) {
  MailReplies replies;
  replies.on_reply("220 ready\r\n");
  replies.on_command("RCPT TO:<a@example.net>\r\n");
  replies.on_reply("550-5.1.1 no such user\r\n");
  replies.on_reply("550 5.1.1 ask the postmaster\r\n");
  replies.on_command("RCPT TO:<b@example.net>\r\n");
  replies.on_reply("250 ok\r\n");
  EXPECT_EQ(replies.refusals().count, 1u);
  EXPECT_FALSE(replies.refusals().temporary);
  EXPECT_THAT(replies.refusals().recipients,
              ElementsAre("<a@example.net>: 550-5.1.1 no such user"));
  EXPECT_EQ(replies.refusals().other, "");
}

TEST(MailReplies, KeepsTwoOfManyRecipients) {
  MailReplies replies;
  for (int i = 0; i < 5; ++i) {
    replies.on_command("RCPT TO:<a@example.net>");
    replies.on_reply("450 " + std::string(1000, 'x') + "\r\n");
  }
  EXPECT_EQ(replies.refusals().count, 5u);
  EXPECT_TRUE(replies.refusals().temporary);
  ASSERT_EQ(replies.refusals().recipients.size(), 2u);
  EXPECT_LT(replies.refusals().recipients[0].size(), 400u);
}

TEST(MailReplies, KeepsTheLastRefusalOfAnythingElse) {
  MailReplies replies;
  replies.on_command("EHLO lab");
  replies.on_reply("502 unknown\r\n");
  replies.on_command("HELO lab");
  replies.on_reply("250 ok\r\n");
  EXPECT_EQ(replies.refusals().other, "");
  replies.on_command("DATA");
  replies.on_reply("354 go on\r\n");
  replies.on_reply("554 spam\r\n");
  replies.on_command("QUIT");
  replies.on_reply("221 bye\r\n");
  EXPECT_EQ(replies.refusals().other, "554 spam");
  EXPECT_TRUE(replies.refusals().data);
  EXPECT_EQ(replies.refusals().count, 0u);
}

}  // namespace
}  // namespace synfin::test
