/// \file
/// The order in which a run gives up its rights: it forks its helpers, opens what only its present
/// rights can open, becomes another user, enters the sandbox, and only then reads any file.
///
/// Tested in tests/unit/app/confinement_test.cc and tests/live/sandbox.py.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/options.h"
#include "synfin/base/result.h"
#include "synfin/capture/live.h"
#include "synfin/enrich/socket_events.h"
#include "synfin/notify/notifier.h"
#include "synfin/publish/publisher.h"
#include "synfin/sandbox/helpers.h"
#include "synfin/sandbox/sandbox.h"
#include "synfin/store/store.h"

namespace synfin {

/// The processes and descriptors that serve the outputs of a run.
struct RunServices {
  std::shared_ptr<Notifier> notifier;           ///< null without notifications
  MetricsSocket metrics;                        ///< of --metrics
  std::unique_ptr<Publisher> publisher;         ///< null without --publish
  std::shared_ptr<StoreSender> store;           ///< null without --store
  std::unique_ptr<SocketEvents> socket_events;  ///< null without eBPF, and for captures
};

/// What a run has opened with the rights that it was started with.
struct OpenedWithRights {
  std::unique_ptr<Helpers> helpers;  ///< null if there is no right to keep
  RunServices services;
  std::unique_ptr<LiveCapture> live;  ///< without its filter; null for captures
  std::vector<std::string> details;   ///< sentences for -v
  std::string sandbox_warning;        ///< what the sandbox lacks here; empty: nothing
};

/// Does all of it. REQUIRES: no other thread runs.
/// `config` holds the lines for notifications and the store, which are overwritten.
Result<OpenedWithRights> confine(const Options& options, ConfigFile& config);

/// What the helpers may do for a run with these options, if its rights exceed those of its user.
Result<HelperPlan> helper_plan(const Options& options);

/// The names that the outputs of a run may have.
std::vector<OutputName> output_names(const Options& options);

/// Warns about each output that SIGHUP cannot open again.
void warn_if_not_reopenable(const Options& options);

}  // namespace synfin
