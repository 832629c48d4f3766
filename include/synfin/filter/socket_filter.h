/// \file
/// SocketFilter: which of this host's sockets a live view is about: those whose packets would be
/// captured, and that nothing hides. Tested in tests/unit/app/socket_watch_test.cc and
/// tests/live/screen.py.
#pragma once

#include <optional>

#include "synfin/enrich/annotator.h"
#include "synfin/enrich/socket_table.h"
#include "synfin/filter/capture_scope.h"
#include "synfin/filter/connection_filter.h"
#include "synfin/filter/show_expression.h"

namespace synfin {

/// Used by one thread at a time: with the mutex of the views.
class SocketFilter {
 public:
  /// `hiding` and `show` may be null; they and `annotator` must outlive this.
  SocketFilter(std::vector<std::string> interfaces, const std::string& expression,
               const ConnectionFilter* hiding, Annotator& annotator,
               const ShowExpression* show = nullptr);

  /// `owner`, as far as it is known, is what rules may speak of.
  bool operator()(const SocketInfo& socket, const EndpointAnnotations& owner = {});

 private:
  std::optional<CaptureScope> here_;  ///< none: it cannot be told
  const ConnectionFilter* hiding_;
  Annotator& annotator_;
  const ShowExpression* show_;
};

}  // namespace synfin
