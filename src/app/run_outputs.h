/// \file
/// RunOutputs: the sinks of a run, created as the options say.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/options.h"
#include "app/packet_thread_channel.h"
#include "synfin/enrich/annotator.h"
#include "synfin/filter/event_dispatcher.h"
#include "synfin/inventory/inventory_sink.h"
#include "synfin/log/packet_log.h"
#include "synfin/report/report_sink.h"
#include "synfin/store/store.h"
#include "synfin/view/view_sink.h"

namespace synfin {

struct RunOutputs {
  Annotator annotator;
  EventDispatcher dispatcher;
  TextStyle style;
  bool on_screen = false;              ///< the run has a live screen
  ReportSink* report = nullptr;        ///< owned by the dispatcher; null if there is none
  ViewSink* views = nullptr;           ///< as `report`
  InventorySink* inventory = nullptr;  ///< as `report`
  StoreSink* store = nullptr;          ///< as `report`
  std::unique_ptr<PacketLog> packets;  ///< of -w, else null

  RunOutputs(const Options& options, std::unique_ptr<ConnectionFilter> filter);
};

/// Opens all files, so that a wrong path is reported before a long read. `sources` are the names of
/// captures or interfaces. `channel` must outlive the outputs.
/// `listener` receives the changes of the inventory, and may be null.
Result<std::unique_ptr<RunOutputs>> open_outputs(const Options& options, PacketScope scope,
                                                 const std::vector<std::string>& sources,
                                                 PacketThreadChannel& channel,
                                                 std::shared_ptr<ChangeListener> listener);

}  // namespace synfin
