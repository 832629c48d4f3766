// A pipeline on its own thread and periodic work beside it: the end, and exceptions of both.
#include "app/run_watched.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "support/packet_builder.h"
#include "support/ticking_source.h"

namespace synfin::test {
namespace {

/// Runs until its source is interrupted, or throws at once.
class WaitingPipeline final : public PacketPipeline {
 public:
  using PacketPipeline::PacketPipeline;
  void run() override {
    if (throws) throw std::runtime_error("the pipeline failed");
    while (!source_.ended()) std::this_thread::yield();
  }
  bool throws = false;
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
  Annotator annotator_{EnrichmentOptions{}};
  EventDispatcher outputs_{annotator_, nullptr, false};
  PacketThreadChannel channel_;
  WaitingPipeline pipeline_{{}, source_, outputs_, channel_};
};

TEST_F(RunWatched, PollsUntilThePipelineEndsAndOnceMore) {
  int polls = 0;
  run_watched(pipeline_, source_, std::chrono::milliseconds{1}, [&] {
    if (++polls == 3) source_.interrupt();
  });
  EXPECT_GE(polls, 4);
}

TEST_F(RunWatched, ThrowsWhatThePipelineThrew) {
  pipeline_.throws = true;
  EXPECT_THROW(run_watched(pipeline_, source_, std::chrono::milliseconds{1}, [] {}),
               std::runtime_error);
}

TEST_F(RunWatched, AnExceptionOfThePeriodicWorkEndsThePipeline) {
  EXPECT_THROW(run_watched(pipeline_, source_, std::chrono::milliseconds{1},
                           [] { throw std::logic_error("the poll failed"); }),
               std::logic_error);
  EXPECT_TRUE(source_.ended());
}

}  // namespace
}  // namespace synfin::test
