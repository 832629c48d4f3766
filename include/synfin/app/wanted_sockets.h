/// \file
/// WantedSockets: which of this host's sockets a live view is about: those whose packets would be
/// captured, and that nothing hides. Tested in tests/unit/app/socket_watch_test.cc and
/// tests/live/screen.py.
#pragma once

#include <optional>

#include "synfin/app/annotator.h"
#include "synfin/app/captured_here.h"
#include "synfin/app/hiding.h"
#include "synfin/app/options.h"
#include "synfin/enrich/socket_table.h"

namespace synfin {

/// Used by one thread at a time: with the mutex of the views.
class WantedSockets {
 public:
  /// `hiding` may be null; it and `annotator` must outlive this.
  WantedSockets(const Options& options, const Hiding* hiding, Annotator& annotator);

  /// `owner`, as far as it is known, is what rules may speak of.
  bool operator()(const SocketInfo& socket, const EndpointAnnotations& owner = {});

 private:
  std::optional<CapturedHere> here_;  ///< none: it cannot be told
  const Hiding* hiding_;
  Annotator& annotator_;
};

}  // namespace synfin
