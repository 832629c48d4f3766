/// \file
/// Pipeline: the stages of a run on captures, shared by one or two threads.
///
///     Read → batches of segments → Track → buffers of events → Count → Write
///
/// Reading, tracking, counting and writing are stages, and one worker at a time executes a stage
/// (StageScheduler). Two workers keep two cores busy whatever the stages cost; with a thread for
/// each stage, the two most expensive ones may share a core. The rings between the stages are
/// bounded, so nothing is lost. Tested in tests/unit/app/pipeline_test.cc and by the golden tests.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "app/packet_pipeline.h"
#include "synfin/base/exception_text.h"
#include "synfin/base/stage_scheduler.h"

namespace synfin {

class Pipeline final : public PacketPipeline {
 public:
  Pipeline(PipelineOptions options, PacketSource& source, EventDispatcher& outputs,
           PacketThreadChannel& channel);

  void run() override;

 private:
  void work(Stage stage);
  void execute_stages(Stage stage);
  void wait_for_work(std::unique_lock<std::mutex>& lock, unsigned spins);
  StageScheduler::TaskResult execute(const StageScheduler::Task& task);
  StageScheduler::TaskResult read(SegmentBatch& batch);
  void publish_progress();
  StageScheduler::TaskResult track(SegmentBatch& batch, EventBuffer& buffer);
  StageScheduler::TaskResult drain(EventBuffer& buffer);
  StageScheduler::TaskResult count(EventBuffer& buffer);
  StageScheduler::TaskResult write(EventBuffer& buffer);

  KeyFinder keys_;                  ///< used by Read
  std::uint64_t batches_read_ = 0;  ///< used by Read
  bool is_pipe_;  ///< show each batch's events at once instead of waiting for a full buffer

  std::vector<SegmentBatch> batches_;  ///< each is used by the worker in the stage that has it
  std::vector<EventBuffer> buffers_;   ///< as batches_
  std::optional<std::span<const Segment>> untracked_;  ///< rest of Track's batch, if it has begun

  std::mutex mutex_;  ///< guards the members below
  std::condition_variable changed_;
  StageScheduler stages_;
  unsigned waiting_ = 0;  ///< workers that sleep
  FirstException exception_;
};

}  // namespace synfin
