/// \file
/// RecordPipeline: a run on connection logs.
///
///     thread 1: RecordSource → batches ⇒ thread 2: EventDispatcher → sinks
///
/// The ring between the threads is bounded, so nothing is lost; with one thread there is none.
/// Tested in tests/golden/log_source.py.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "synfin/base/gauges.h"
#include "synfin/filter/event_dispatcher.h"
#include "synfin/filter/event_producer.h"
#include "synfin/log/record_source.h"

namespace synfin {

struct RecordPipelineOptions {
  std::vector<std::string> sources;  ///< names for CaptureInfo
  std::string filter;                ///< the filter expression, for CaptureInfo
  unsigned threads = 2;              ///< 1 or 2
};

class RecordPipeline final : public EventProducer {
 public:
  /// The references must outlive the pipeline. `book` receives the names, countries and networks
  /// that the logs have, and `processes` the processes.
  RecordPipeline(RecordPipelineOptions options, RecordSource& source, EventDispatcher& outputs,
                 AddressBook& book, LoggedProcesses& processes, Gauges& gauges);

  void run() override;
  CaptureInfo capture_info() const override;

 private:
  void run_on_two_threads();
  void deliver(const RecordBatch& batch);

  RecordPipelineOptions options_;
  RecordSource& source_;
  EventDispatcher& outputs_;
  AddressBook& book_;
  LoggedProcesses& processes_;
  Gauges& gauges_;
  bool is_pipe_;
};

}  // namespace synfin
