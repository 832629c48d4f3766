// Which stage is next, without threads: a table of tasks.
#include "synfin/base/stage_scheduler.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

/// Takes a task, expects it to be of `stage`, and completes it.
void execute(StageScheduler& scheduler, Stage last, Stage stage,
             StageScheduler::TaskResult outcome) {
  const auto taken = scheduler.take(last);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->stage, stage);
  scheduler.give_back(stage, outcome);
}

TEST(StageScheduler, OneWorkerExecutesAllStagesUntilAllIsWritten) {
  StageScheduler scheduler(1, 1);
  execute(scheduler, Stage::Read, Stage::Read, {.batch = true});
  execute(scheduler, Stage::Read, Stage::Track,
          {.buffer = true});  // full before the batch was done
  execute(scheduler, Stage::Track, Stage::Count, {.buffer = true});
  execute(scheduler, Stage::Count, Stage::Write, {.buffer = true});
  execute(scheduler, Stage::Write, Stage::Track, {.batch = true});
  execute(scheduler, Stage::Track, Stage::Read, {.ended = true});
  execute(scheduler, Stage::Read, Stage::Track, {.buffer = true, .ended = true});
  execute(scheduler, Stage::Track, Stage::Count, {.buffer = true});
  EXPECT_FALSE(scheduler.done());
  execute(scheduler, Stage::Count, Stage::Write, {.buffer = true});
  EXPECT_TRUE(scheduler.done());
  EXPECT_FALSE(scheduler.take(Stage::Read));
}

TEST(StageScheduler, AWorkerStaysInItsStageWhileItHasInputAndSpace) {
  StageScheduler scheduler(3, 2);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto taken = scheduler.take(Stage::Read);
    ASSERT_TRUE(taken && taken->stage == Stage::Read);
    EXPECT_EQ(taken->batch, i);
    scheduler.give_back(Stage::Read, {.batch = true});
  }
  execute(scheduler, Stage::Read, Stage::Track, {.batch = true});  // no room to read on
  execute(scheduler, Stage::Track, Stage::Track, {.batch = true, .buffer = true});
  execute(scheduler, Stage::Track, Stage::Track, {.batch = true, .buffer = true});
  execute(scheduler, Stage::Track, Stage::Count, {.buffer = true});  // no batch to track
  execute(scheduler, Stage::Count, Stage::Count, {.buffer = true});
}

TEST(StageScheduler, OneWorkerAtATimeExecutesAStage) {
  StageScheduler scheduler(4, 4);
  ASSERT_TRUE(scheduler.take(Stage::Read));
  EXPECT_FALSE(scheduler.take(Stage::Read));
  EXPECT_FALSE(scheduler.take(Stage::Write));
  scheduler.give_back(Stage::Read, {.batch = true});
  const auto first = scheduler.take(Stage::Read);
  const auto second = scheduler.take(Stage::Read);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->stage, Stage::Read);
  EXPECT_EQ(second->stage, Stage::Track);
  EXPECT_EQ(first->batch, 1u);
  EXPECT_EQ(second->batch, 0u);
}

TEST(StageScheduler, ABufferIsCountedWhileThePreviousOneIsWritten) {
  StageScheduler scheduler(4, 4);
  for (int i = 0; i < 2; ++i) execute(scheduler, Stage::Read, Stage::Read, {.batch = true});
  for (int i = 0; i < 2; ++i)
    execute(scheduler, Stage::Track, Stage::Track, {.batch = true, .buffer = true});
  execute(scheduler, Stage::Count, Stage::Count, {.buffer = true});
  const auto counting = scheduler.take(Stage::Count);
  const auto writing = scheduler.take(Stage::Write);
  ASSERT_TRUE(counting && writing);
  EXPECT_EQ(counting->stage, Stage::Count);
  EXPECT_EQ(counting->buffer, 1u);
  EXPECT_EQ(writing->stage, Stage::Write);
  EXPECT_EQ(writing->buffer, 0u);
  scheduler.give_back(Stage::Write, {.buffer = true});
  const auto next = scheduler.take(Stage::Write);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->stage, Stage::Read) << "the second is not counted yet";
}

TEST(StageScheduler, TheTableIsDrainedAfterTheLastBatch) {
  StageScheduler scheduler(2, 2);
  execute(scheduler, Stage::Read, Stage::Read, {.batch = true});
  execute(scheduler, Stage::Read, Stage::Read, {.ended = true});
  auto taken = scheduler.take(Stage::Read);
  ASSERT_TRUE(taken && taken->stage == Stage::Track);
  EXPECT_FALSE(taken->drains);
  scheduler.give_back(Stage::Track, {.batch = true});
  taken = scheduler.take(Stage::Track);
  ASSERT_TRUE(taken && taken->stage == Stage::Track);
  EXPECT_TRUE(taken->drains);
}

TEST(StageScheduler, AQuarterOfARingIsWorthWakingAWorker) {
  StageScheduler scheduler(16, 16);
  for (int batches = 1; batches <= 4; ++batches) {
    execute(scheduler, Stage::Read, Stage::Read, {.batch = true});
    const auto reading = scheduler.take(Stage::Read);
    ASSERT_TRUE(reading && reading->stage == Stage::Read);
    EXPECT_EQ(scheduler.worth_waking(), batches == 4);
    scheduler.give_back(Stage::Read, {});
  }
}

TEST(StageScheduler, AtTheEndAnyInputIsWorthWakingAWorker) {
  StageScheduler scheduler(16, 16);
  execute(scheduler, Stage::Read, Stage::Read, {.ended = true});
  execute(scheduler, Stage::Track, Stage::Track, {.buffer = true});
  const auto draining = scheduler.take(Stage::Track);
  ASSERT_TRUE(draining && draining->drains);
  EXPECT_TRUE(scheduler.worth_waking());  // one buffer
}

TEST(StageScheduler, StoppedItIsDoneWhateverIsLeft) {
  StageScheduler scheduler(2, 2);
  execute(scheduler, Stage::Read, Stage::Read, {.batch = true});
  ASSERT_TRUE(scheduler.take(Stage::Track));
  EXPECT_FALSE(scheduler.done());
  scheduler.stop();
  EXPECT_TRUE(scheduler.done());
}

}  // namespace
}  // namespace synfin
