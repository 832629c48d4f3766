/// \file
/// PacketPipeline: what the pipelines of captures and of live traffic have in common.
///
///     PacketSource → SegmentReader → ConnectionTable → Event[] → EventDispatcher
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "app/packet_thread_channel.h"
#include "app/segment_reader.h"
#include "synfin/base/capture_info.h"
#include "synfin/capture/packet_source.h"
#include "synfin/filter/event_dispatcher.h"
#include "synfin/filter/event_producer.h"
#include "synfin/track/connection_table.h"
#include "synfin/track/live_losses.h"

namespace synfin {

struct PipelineOptions {
  SegmentReaderOptions reader;
  TableOptions table;
  std::vector<std::string> sources;  ///< names for CaptureInfo
  std::string filter;                ///< the filter expression, for CaptureInfo
  unsigned threads = 2;              ///< captures: 1 or 2
  /// Live: completes events with data from the kernel before they are delivered. May be empty.
  std::function<void(std::span<Event>)> complete;
};

class PacketPipeline : public EventProducer {
 public:
  /// `source`, `outputs`, `channel` and what `options` point to must outlive the pipeline.
  PacketPipeline(PipelineOptions options, PacketSource& source, EventDispatcher& outputs,
                 PacketThreadChannel& channel);
  ~PacketPipeline() override = default;
  PacketPipeline(const PacketPipeline&) = delete;
  PacketPipeline& operator=(const PacketPipeline&) = delete;

  CaptureInfo capture_info() const override;

 protected:
  /// Stores the counts of the reader in the gauges. Called by the thread that reads.
  void publish_ledger() { channel_.gauges.read.store(reader_.ledger({})); }
  /// The same for the counts of the table, by the thread that tracks.
  void publish_table();

  PipelineOptions options_;
  PacketSource& source_;
  EventDispatcher& outputs_;
  PacketThreadChannel& channel_;
  SegmentReader reader_;
  ConnectionTable table_;
  LiveLosses losses_;  ///< live; used by the packet thread
};

}  // namespace synfin
