// See socket_filter.h.
#include "synfin/filter/socket_filter.h"

#include <utility>

#include "filter/show_socket.h"

namespace synfin {

SocketFilter::SocketFilter(std::vector<std::string> interfaces, const std::string& expression,
                           const ConnectionFilter* filter, Annotator& annotator,
                           const ShowExpression* show)
    : filter_(filter), annotator_(annotator), show_(show) {
  if (interfaces.empty()) interfaces.emplace_back("any");
  auto scope = CaptureScope::make(interfaces, expression);
  if (scope) scope_.emplace(std::move(*scope));
}

bool SocketFilter::operator()(const SocketInfo& socket, const EndpointAnnotations& owner) {
  if (scope_) {
    const bool captured = socket.connected()
                              ? (*scope_)({socket.local, socket.remote, socket.transport})
                              : scope_->covers_listener(socket);
    if (!captured) return false;
  }
  if (show_ != nullptr && !show_->empty()) {
    ConnectionRecord record;
    record.tuple = {socket.local, socket.remote, socket.transport};
    if (!shows_socket(*show_, socket, owner, annotator_.annotate(record))) return false;
  }
  return filter_ == nullptr || !filter_->hides(socket, owner, annotator_);
}

}  // namespace synfin
