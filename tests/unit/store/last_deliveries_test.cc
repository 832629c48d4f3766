// When the process for the store gives up: after the end of the run, and after silence.
#include "store/last_deliveries.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace synfin::test {
namespace {

class LastDeliveriesTest : public testing::Test {
 protected:
  LastDeliveriesTest() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends_), 0); }
  ~LastDeliveriesTest() override {
    for (const int end : ends_) close(end);
  }
  int run() const { return ends_[0]; }
  int process() const { return ends_[1]; }

 private:
  int ends_[2] = {-1, -1};
};

TEST_F(LastDeliveriesTest, NothingIsTooLateDuringTheRun) {
  LastDeliveries last(process(), Duration{-1});
  EXPECT_EQ(send_sentence(run(), 'w', ""), SendResult::Sent);
  EXPECT_FALSE(last.has_run_ended());
  EXPECT_FALSE(last.are_too_late());
}

TEST_F(LastDeliveriesTest, PatienceBeginsWithTheEndOfTheRun) {
  LastDeliveries last(process(), std::chrono::milliseconds{100});
  (void)poll(nullptr, 0, 150);
  EXPECT_EQ(shutdown(run(), SHUT_WR), 0);
  EXPECT_FALSE(last.are_too_late());
  EXPECT_TRUE(last.has_run_ended());
  (void)poll(nullptr, 0, 150);
  EXPECT_TRUE(last.are_too_late());
  last.note_delivery();
  EXPECT_FALSE(last.are_too_late());
}

}  // namespace
}  // namespace synfin::test
