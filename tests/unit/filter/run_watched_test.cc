// A producer on its own thread and periodic work beside it: the end, and exceptions of both.
#include "synfin/filter/run_watched.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "support/packet_builder.h"
#include "support/ticking_source.h"

namespace synfin::test {
namespace {

/// Runs until its source is interrupted, or throws at once.
class WaitingProducer final : public EventProducer {
 public:
  explicit WaitingProducer(PacketSource& source) : source_(source) {}
  void run() override {
    if (throws) throw std::runtime_error("the producer failed");
    while (!source_.ended()) std::this_thread::yield();
  }
  CaptureInfo capture_info() const override { return {}; }
  bool throws = false;

 private:
  PacketSource& source_;
};

class SilentSource final : public TickingSource {
 public:
  SilentSource() : TickingSource({}, 0) {}
  bool ended() const override { return interrupted_; }
  void interrupt() noexcept override { interrupted_ = true; }

 private:
  std::atomic<bool> interrupted_{false};
};

class RunWatched : public testing::Test {
 protected:
  SilentSource source_;
  WaitingProducer producer_{source_};
};

TEST_F(RunWatched, PollsUntilTheProducerEndsAndOnceMore) {
  int polls = 0;
  run_watched(producer_, source_, std::chrono::milliseconds{1}, [&] {
    if (++polls == 3) source_.interrupt();
  });
  EXPECT_GE(polls, 4);
}

TEST_F(RunWatched, ThrowsWhatTheProducerThrew) {
  producer_.throws = true;
  EXPECT_THROW(run_watched(producer_, source_, std::chrono::milliseconds{1}, [] {}),
               std::runtime_error);
}

TEST_F(RunWatched, AnExceptionOfThePeriodicWorkEndsTheProducer) {
  EXPECT_THROW(run_watched(producer_, source_, std::chrono::milliseconds{1},
                           [] { throw std::logic_error("the poll failed"); }),
               std::logic_error);
  EXPECT_TRUE(source_.ended());
}

}  // namespace
}  // namespace synfin::test
