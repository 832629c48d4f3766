/// \file
/// SocketFilter: selects the sockets of this host that a live view shows: those whose packets are
/// captured and that no option hides. Tested in tests/live/screen.py.
#pragma once

#include <optional>

#include "synfin/enrich/annotator.h"
#include "synfin/enrich/socket_table.h"
#include "synfin/filter/capture_scope.h"
#include "synfin/filter/connection_filter.h"
#include "synfin/filter/show_expression.h"

namespace synfin {

/// Used by one thread at a time, which holds the mutex of the views.
class SocketFilter {
 public:
  /// `filter` and `show` may be null. They and `annotator` must outlive this object.
  SocketFilter(std::vector<std::string> interfaces, const std::string& expression,
               const ConnectionFilter* filter, Annotator& annotator,
               const ShowExpression* show = nullptr);

  /// `owner` is the process that rules are matched with, as far as it is known.
  bool operator()(const SocketInfo& socket, const EndpointAnnotations& owner = {});

 private:
  /// Unset if the expression does not compile; all sockets then pass.
  std::optional<CaptureScope> scope_;
  const ConnectionFilter* filter_;
  Annotator& annotator_;
  const ShowExpression* show_;
};

}  // namespace synfin
