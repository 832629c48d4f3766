// See socket_filter.h.
#include "synfin/filter/socket_filter.h"

#include <utility>

namespace synfin {

SocketFilter::SocketFilter(std::vector<std::string> interfaces, const std::string& expression,
                           const ConnectionFilter* hiding, Annotator& annotator)
    : hiding_(hiding), annotator_(annotator) {
  if (interfaces.empty()) interfaces.emplace_back("any");
  auto here = CaptureScope::make(interfaces, expression);
  if (here) here_.emplace(std::move(*here));
}

bool SocketFilter::operator()(const SocketInfo& socket, const EndpointAnnotations& owner) {
  if (here_) {
    const bool captured =
        socket.connected() ? (*here_)({socket.local, socket.remote}) : here_->hears(socket);
    if (!captured) return false;
  }
  return hiding_ == nullptr || !hiding_->hides(socket, owner, annotator_);
}

}  // namespace synfin
