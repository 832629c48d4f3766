/// \file
/// SessionInput: the packets of a run, opened and ready to read: capture files or interfaces.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/options.h"
#include "app/privileges.h"
#include "synfin/base/packet_scope.h"
#include "synfin/capture/bpf_filter.h"
#include "synfin/capture/live.h"
#include "synfin/capture/packet_source.h"
#include "synfin/filter/live_expression.h"

namespace synfin {

struct SessionInput {
  std::unique_ptr<PacketSource> source;
  LiveCapture* live = nullptr;               ///< `source`, if it is one
  std::vector<std::string> names;            ///< of captures as given, or of interfaces
  PacketScope scope = PacketScope::All;      ///< which packets it holds
  std::optional<BpfFilter> filter;           ///< the filter expression, for captures
  std::optional<LiveExpression> expression;  ///< the same, for live traffic
  PrivilegePlan privileges;                  ///< the privileges that reading it needs later
};

/// Opens what -r or -i name, and compiles the filter expression.
Result<SessionInput> open_input(const Options& options);

/// -d: the compiled filter program of each interface, as text.
Result<std::string> filter_program(const Options& options, SessionInput& input);

}  // namespace synfin
