/// \file
/// SessionInput: the opened input of a run: capture files, interfaces or connection logs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/options.h"
#include "synfin/base/packet_scope.h"
#include "synfin/capture/bpf_filter.h"
#include "synfin/capture/live.h"
#include "synfin/capture/packet_source.h"
#include "synfin/filter/live_expression.h"
#include "synfin/log/record_source.h"

namespace synfin {

struct SessionInput {
  std::unique_ptr<PacketSource> source;      ///< null if connection logs are read
  std::unique_ptr<RecordSource> records;     ///< null if packets are read
  LiveCapture* live = nullptr;               ///< `source`, if it is one
  std::vector<std::string> names;            ///< of captures as given, or of interfaces
  PacketScope scope = PacketScope::All;      ///< which packets it holds
  std::optional<BpfFilter> filter;           ///< the filter expression, for captures
  std::optional<LiveExpression> expression;  ///< the same, for live traffic

  InputSource& input() { return records ? static_cast<InputSource&>(*records) : *source; }
};

/// Opens the interfaces that -i names, without a filter. Needs rights.
Result<std::unique_ptr<LiveCapture>> open_interfaces(const Options& options);

/// Opens what -r names, or takes `live`, and compiles the filter expression. Needs no rights.
Result<SessionInput> open_input(const Options& options, std::unique_ptr<LiveCapture> live);

/// -d: the compiled filter program of each interface, as text.
Result<std::string> filter_program(const Options& options, SessionInput& input);

}  // namespace synfin
