// See socket_filter.h.
#include "synfin/filter/socket_filter.h"

#include <utility>

namespace synfin {

SocketFilter::SocketFilter(std::vector<std::string> interfaces, const std::string& expression,
                           const ConnectionFilter* filter, Annotator& annotator)
    : filter_(filter), annotator_(annotator) {
  if (interfaces.empty()) interfaces.emplace_back("any");
  auto scope = CaptureScope::make(interfaces, expression);
  if (scope) scope_.emplace(std::move(*scope));
}

bool SocketFilter::operator()(const SocketInfo& socket, const EndpointAnnotations& owner) {
  if (scope_) {
    const bool captured = socket.listening() ? scope_->covers_listener(socket)
                                             : (*scope_)({socket.local, socket.remote});
    if (!captured) return false;
  }
  return filter_ == nullptr || !filter_->hides(socket, owner, annotator_);
}

}  // namespace synfin
