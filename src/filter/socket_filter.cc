// See socket_filter.h.
#include "synfin/filter/socket_filter.h"

#include <utility>

#include "filter/show_socket.h"

namespace synfin {

SocketFilter::SocketFilter(std::vector<std::string> interfaces, const std::string& expression,
                           const ConnectionFilter* hiding, Annotator& annotator,
                           const ShowExpression* show)
    : hiding_(hiding), annotator_(annotator), show_(show) {
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
  if (show_ != nullptr && !show_->empty()) {
    ConnectionRecord record;
    record.tuple = {socket.local, socket.remote};
    if (!shows_socket(*show_, socket, owner, annotator_.annotate(record))) return false;
  }
  return hiding_ == nullptr || !hiding_->hides(socket, owner, annotator_);
}

}  // namespace synfin
