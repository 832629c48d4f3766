/// \file
/// Pipeline: source → gate → decode → table → ring → outputs, on one thread or two.
///
/// The packet thread reads, decodes and tracks; the output thread does the rest. The ring between
/// them is bounded, and offline the packet thread waits when it is full, so nothing is lost. Tested
/// in tests/unit/app/pipeline_test.cc and by the golden tests.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "synfin/app/event_ring.h"
#include "synfin/app/options.h"
#include "synfin/app/outputs.h"
#include "synfin/app/packet_gate.h"
#include "synfin/capture/packet_source.h"
#include "synfin/decode/decoder.h"
#include "synfin/report/capture_info.h"
#include "synfin/track/connection_table.h"

namespace synfin {

/// Runs once. run() blocks.
class Pipeline {
 public:
  /// All but `options` are used until run() returns; `filter` may be null. Both must outlive the
  /// pipeline.
  Pipeline(const Options& options, Diet diet, PacketSource& source, BpfFilter* filter,
           Outputs& outputs);

  /// Reads the source to its end, or until -c, --duration or stop().
  void run();

  /// What was read and where it went. REQUIRES: run() has returned.
  CaptureInfo capture_info() const;

 private:
  static constexpr std::size_t kBatch = 256;

  void read_packets();
  void track(std::span<const Packet> packets);
  std::span<const Segment> without_data(std::span<Segment> segments);
  void hand_over();
  void write_outputs();

  const Options& options_;
  Diet diet_;
  PacketSource& source_;
  Outputs& outputs_;
  PacketGate gate_;
  Decoder decoder_;
  ConnectionTable table_;
  EventRing ring_;
  EventBuffer* buffer_ = nullptr;
  bool live_;  ///< show each batch's events at once instead of waiting for a full buffer
  std::uint64_t without_control_ = 0;
  std::vector<Segment> segments_;
};

}  // namespace synfin
