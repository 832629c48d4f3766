/// \file
/// Pipeline: source → gate → decode → ring → table → ring → outputs, for captures.
///
/// Reading, tracking, counting and writing are stages, each of which one worker at a time may be in
/// (StageScheduler). With two workers two cores are both busy, whatever the shares of the stages
/// are: a thread for each stage is four on two cores, and the scheduler leaves the two longest on
/// one of them. The rings between the stages are bounded, so nothing is lost and nobody gets far
/// ahead. Tested in tests/unit/app/pipeline_test.cc and by the golden tests.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "app/options.h"
#include "app/outputs.h"
#include "app/segment_reader.h"
#include "app/stage_scheduler.h"
#include "synfin/base/capture_info.h"
#include "synfin/capture/packet_source.h"
#include "synfin/track/connection_table.h"

namespace synfin {

/// The options of a run's table, with a seed that nobody outside can foresee.
TableOptions table_options(const Options& options, PacketScope scope, EventMask events);

/// Runs once. run() blocks.
class Pipeline {
 public:
  /// All but `options` are used until run() returns; `filter` may be null. Both must outlive the
  /// pipeline.
  Pipeline(const Options& options, PacketScope scope, PacketSource& source, BpfFilter* filter,
           Outputs& outputs);

  /// Also writes the packets used to `log`, which may be null. REQUIRES: before run().
  void write_packets(PacketLog* log) { reader_.write_packets(log); }

  /// Reads the source to its end, or until -c, --duration or stop().
  void run();

  /// What was read and where it went. REQUIRES: run() has returned.
  CaptureInfo capture_info() const;

 private:
  void work(Stage stage);
  void wait_for_work(std::unique_lock<std::mutex>& lock, unsigned spins);
  StageScheduler::Outcome run_task(const StageScheduler::Task& task);
  StageScheduler::Outcome read(SegmentBatch& batch);
  void publish_progress();
  StageScheduler::Outcome track(SegmentBatch& batch, EventBuffer& buffer);
  StageScheduler::Outcome drain(EventBuffer& buffer);
  StageScheduler::Outcome count(EventBuffer& buffer);
  StageScheduler::Outcome write(EventBuffer& buffer);

  const Options& options_;
  PacketScope scope_;
  PacketSource& source_;
  Outputs& outputs_;
  SegmentReader reader_;
  ConnectionTable table_;
  KeyFinder keys_;                  ///< Read's
  std::uint64_t batches_read_ = 0;  ///< Read's
  bool live_;  ///< show each batch's events at once instead of waiting for a full buffer

  std::vector<SegmentBatch> batches_;     ///< each belongs to whoever is in the stage that it is in
  std::vector<EventBuffer> buffers_;      ///< the same
  std::span<const Segment> untracked_{};  ///< of the batch that Track is at; its worker's
  bool batch_begun_ = false;

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  StageScheduler stages_;
  unsigned waiting_ = 0;  ///< workers
};

}  // namespace synfin
