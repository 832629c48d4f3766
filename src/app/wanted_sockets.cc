// See wanted_sockets.h.
#include "synfin/app/wanted_sockets.h"

#include <utility>

namespace synfin {

WantedSockets::WantedSockets(const Options& options, const Hiding* hiding, Annotator& annotator)
    : hiding_(hiding), annotator_(annotator) {
  std::vector<std::string> names = options.live.interfaces;
  if (names.empty()) names.emplace_back("any");
  auto here = CapturedHere::make(names, options.filter);
  if (here) here_.emplace(std::move(*here));
}

bool WantedSockets::operator()(const SocketInfo& socket, const EndpointAnnotations& owner) {
  if (here_) {
    const bool captured =
        socket.listening() ? here_->hears(socket) : (*here_)({socket.local, socket.remote});
    if (!captured) return false;
  }
  return hiding_ == nullptr || !hiding_->hides(socket, owner, annotator_);
}

}  // namespace synfin
