/// \file
/// LivePipeline: the stages of a run on live traffic, on two threads.
///
///     packet thread: LiveCapture → SegmentReader → table ⇒ EventRing ⇒ output thread:
///     EventDispatcher
///
/// If the ring is half full, the output thread leaves out what is only for display. If it is full,
/// the packet thread drops events, kind by kind (LiveLosses), and final records wait in the table.
/// All of that is counted. It waits for an output only at the end of the run, or if
/// records that the full table has evicted fill its buffer. While no packet arrives, the clock
/// advances by itself. Tested in tests/unit/app/live_pipeline_test.cc and in tests/live/.
#pragma once

#include <chrono>
#include <optional>

#include "app/packet_pipeline.h"
#include "synfin/base/exception_text.h"

namespace synfin {

class LivePipeline final : public PacketPipeline {
 public:
  /// `duration`: ends the run after this much time, with or without packets.
  LivePipeline(PipelineOptions options, PacketSource& source, EventDispatcher& outputs,
               PacketThreadChannel& channel, std::optional<Duration> duration);

  void run() override;

 private:
  void read_packets();
  void track(std::span<const Segment> segments);
  void advance_clock(Duration passed);
  void apply_socket_updates(Timestamp seen);
  bool try_hand_over();
  void hand_over();
  void make_room();
  void drain();
  void deliver_events();
  void publish_gauges();

  EventRing& ring_;
  std::optional<Duration> duration_;
  EventBuffer* buffer_ = nullptr;  ///< being filled by the packet thread
  FirstException exception_;
};

}  // namespace synfin
