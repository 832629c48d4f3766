// The process that sends: what it may read before and after it is confined, and how it ends.
#include "synfin/sandbox/sender_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace synfin {
namespace {

Status ready(SandboxPlan&, int channel) {
  send_sentence(channel, 'R', "ready");
  return Ok{};
}

std::string sentence_of(const SenderProcess& process) {
  bool ended = false;
  const auto received = receive_sentence(process.channel(), true, ended);
  return received ? received->kind + received->text : ended ? "ended" : "nothing";
}

TEST(SenderProcess, AnswersUntilItsChannelIsClosed) {
  auto process =
      SenderProcess::start({.user = {}, .prepare = ready, .run = [](int channel) {
                              bool ended = false;
                              while (const auto got = receive_sentence(channel, true, ended))
                                send_sentence(channel, 'A', got->text);
                              send_sentence(channel, 'B', "last words");
                            }});
  ASSERT_TRUE(process);
  EXPECT_EQ(sentence_of(**process), "Rready");
  EXPECT_TRUE(send_sentence((*process)->channel(), 'w', "hello"));
  EXPECT_EQ(sentence_of(**process), "Ahello");
  (*process)->close_for_sending();
  EXPECT_EQ(sentence_of(**process), "Blast words");
  EXPECT_EQ(sentence_of(**process), "ended");
}

TEST(SenderProcess, ReportsWhyItCannotStart) {
  auto process = SenderProcess::start(
      {.user = {},
       .prepare = [](SandboxPlan&, int) -> Status { return Error{"a.conf:3: wrong"}; },
       .run = [](int) {}});
  ASSERT_TRUE(process);
  EXPECT_EQ(sentence_of(**process), "Ea.conf:3: wrong");
  EXPECT_EQ(sentence_of(**process), "ended");
}

TEST(SenderProcess, HoldsNoOtherDescriptorAndNoCapability) {
  const int low = open("/dev/null", O_RDONLY);
  const int open_here = fcntl(low, F_DUPFD, 100);  // the channel has a low number
  close(low);
  auto process = SenderProcess::start(
      {.user = {}, .prepare = ready, .run = [open_here](int channel) {
         const bool closed = fcntl(open_here, F_GETFD) < 0 && errno == EBADF;
         send_sentence(channel, 'A', closed && !has_any_capability() ? "confined" : "open");
       }});
  close(open_here);
  ASSERT_TRUE(process);
  EXPECT_EQ(sentence_of(**process), "Rready");
  EXPECT_EQ(sentence_of(**process), "Aconfined");
}

TEST(SenderProcess, LongSentencesAreCut) {
  auto process = SenderProcess::start({.user = {}, .prepare = ready, .run = [](int channel) {
                                         send_sentence(channel, 'A', std::string(10'000, 'x'));
                                       }});
  ASSERT_TRUE(process);
  EXPECT_EQ(sentence_of(**process), "Rready");
  EXPECT_EQ(sentence_of(**process).size(), 4096U);
}

}  // namespace
}  // namespace synfin
