/// \file
/// Pipeline: source → gate → decode → ring → table → ring → outputs, for captures.
///
/// With --threads 1 one thread does it all. Else reading, tracking and output have a thread each,
/// which two cores share well: none of the three is more than half of the work. The rings between
/// them are bounded, and who is ahead waits, so nothing is lost. Tested in
/// tests/unit/app/pipeline_test.cc and by the golden tests.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "synfin/app/event_ring.h"
#include "synfin/app/options.h"
#include "synfin/app/outputs.h"
#include "synfin/app/segment_reader.h"
#include "synfin/capture/packet_source.h"
#include "synfin/report/capture_info.h"
#include "synfin/track/connection_table.h"

namespace synfin {

/// The options of a run's table, with a seed that nobody outside can foresee.
TableOptions table_options(const Options& options, Diet diet, EventMask events);

/// Runs once. run() blocks.
class Pipeline {
 public:
  /// All but `options` are used until run() returns; `filter` may be null. Both must outlive the
  /// pipeline.
  Pipeline(const Options& options, Diet diet, PacketSource& source, BpfFilter* filter,
           Outputs& outputs);

  /// Also writes the packets used to `log`, which may be null. REQUIRES: before run().
  void keep_packets(PacketLog* log) { reader_.keep_packets(log); }

  /// Reads the source to its end, or until -c, --duration or stop().
  void run();

  /// What was read and where it went. REQUIRES: run() has returned.
  CaptureInfo capture_info() const;

 private:
  void track_inline();
  void track_beside();
  void track(const SegmentBatch& batch);
  void finish();
  void hand_over();
  void write_outputs();

  const Options& options_;
  Diet diet_;
  PacketSource& source_;
  Outputs& outputs_;
  SegmentReader reader_;
  ConnectionTable table_;
  EventRing ring_;
  EventBuffer* buffer_ = nullptr;
  bool live_;  ///< show each batch's events at once instead of waiting for a full buffer
};

}  // namespace synfin
