// Whose turn it is: without threads, as a table of turns.
#include "app/stage_scheduler.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

/// Takes a task, which must be `stage`'s, and ends it.
void turn(StageScheduler& turns, Stage last, Stage stage, StageScheduler::Outcome outcome) {
  const auto taken = turns.take(last);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->stage, stage);
  turns.give_back(stage, outcome);
}

TEST(StageScheduler, OneWorkerGoesRoundTillAllIsWritten) {
  StageScheduler turns(1, 1);
  turn(turns, Stage::Read, Stage::Read, {.batch = true});
  turn(turns, Stage::Read, Stage::Track, {.buffer = true});  // full before the batch was done
  turn(turns, Stage::Track, Stage::Count, {.buffer = true});
  turn(turns, Stage::Count, Stage::Write, {.buffer = true});
  turn(turns, Stage::Write, Stage::Track, {.batch = true});
  turn(turns, Stage::Track, Stage::Read, {.ended = true});
  turn(turns, Stage::Read, Stage::Track, {.buffer = true, .ended = true});
  turn(turns, Stage::Track, Stage::Count, {.buffer = true});
  EXPECT_FALSE(turns.done());
  turn(turns, Stage::Count, Stage::Write, {.buffer = true});
  EXPECT_TRUE(turns.done());
  EXPECT_FALSE(turns.take(Stage::Read));
}

TEST(StageScheduler, AWorkerStaysWhileThereIsWorkAndRoom) {
  StageScheduler turns(3, 2);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto taken = turns.take(Stage::Read);
    ASSERT_TRUE(taken && taken->stage == Stage::Read);
    EXPECT_EQ(taken->batch, i);
    turns.give_back(Stage::Read, {.batch = true});
  }
  turn(turns, Stage::Read, Stage::Track, {.batch = true});  // no room to read on
  turn(turns, Stage::Track, Stage::Track, {.batch = true, .buffer = true});
  turn(turns, Stage::Track, Stage::Track, {.batch = true, .buffer = true});
  turn(turns, Stage::Track, Stage::Count, {.buffer = true});  // no batch to track
  turn(turns, Stage::Count, Stage::Count, {.buffer = true});
}

TEST(StageScheduler, NoTwoWorkersAreInOneStage) {
  StageScheduler turns(4, 4);
  ASSERT_TRUE(turns.take(Stage::Read));
  EXPECT_FALSE(turns.take(Stage::Read));
  EXPECT_FALSE(turns.take(Stage::Write));
  turns.give_back(Stage::Read, {.batch = true});
  const auto first = turns.take(Stage::Read);
  const auto second = turns.take(Stage::Read);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->stage, Stage::Read);
  EXPECT_EQ(second->stage, Stage::Track);
  EXPECT_EQ(first->batch, 1u);
  EXPECT_EQ(second->batch, 0u);
}

TEST(StageScheduler, OneBufferIsCountedWhileTheOneBeforeIsWritten) {
  StageScheduler turns(4, 4);
  for (int i = 0; i < 2; ++i) turn(turns, Stage::Read, Stage::Read, {.batch = true});
  for (int i = 0; i < 2; ++i)
    turn(turns, Stage::Track, Stage::Track, {.batch = true, .buffer = true});
  turn(turns, Stage::Count, Stage::Count, {.buffer = true});
  const auto counting = turns.take(Stage::Count);
  const auto writing = turns.take(Stage::Write);
  ASSERT_TRUE(counting && writing);
  EXPECT_EQ(counting->stage, Stage::Count);
  EXPECT_EQ(counting->buffer, 1u);
  EXPECT_EQ(writing->stage, Stage::Write);
  EXPECT_EQ(writing->buffer, 0u);
  turns.give_back(Stage::Write, {.buffer = true});
  const auto next = turns.take(Stage::Write);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->stage, Stage::Read) << "the second is not counted yet";
}

TEST(StageScheduler, WhatIsLeftIsDrainedAfterTheLastBatch) {
  StageScheduler turns(2, 2);
  turn(turns, Stage::Read, Stage::Read, {.batch = true});
  turn(turns, Stage::Read, Stage::Read, {.ended = true});
  auto taken = turns.take(Stage::Read);
  ASSERT_TRUE(taken && taken->stage == Stage::Track);
  EXPECT_FALSE(taken->drains);
  turns.give_back(Stage::Track, {.batch = true});
  taken = turns.take(Stage::Track);
  ASSERT_TRUE(taken && taken->stage == Stage::Track);
  EXPECT_TRUE(taken->drains);
}

TEST(StageScheduler, ASleeperIsWokenForAQuarterOfARing) {
  StageScheduler turns(16, 16);
  for (int batches = 1; batches <= 4; ++batches) {
    turn(turns, Stage::Read, Stage::Read, {.batch = true});
    const auto reading = turns.take(Stage::Read);
    ASSERT_TRUE(reading && reading->stage == Stage::Read);
    EXPECT_EQ(turns.worth_waking(), batches == 4);
    turns.give_back(Stage::Read, {});
  }
}

TEST(StageScheduler, ASleeperIsWokenForWhateverIsLeftAtTheEnd) {
  StageScheduler turns(16, 16);
  turn(turns, Stage::Read, Stage::Read, {.ended = true});
  turn(turns, Stage::Track, Stage::Track, {.buffer = true});
  const auto draining = turns.take(Stage::Track);
  ASSERT_TRUE(draining && draining->drains);
  EXPECT_TRUE(turns.worth_waking());  // one buffer
}

}  // namespace
}  // namespace synfin
