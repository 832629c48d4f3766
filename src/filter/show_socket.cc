// See show_socket.h.
#include "filter/show_socket.h"

#include <fmt/format.h>

#include <string>

namespace synfin {
namespace {

std::string endpoint_text(const Endpoint& end) {
  const bool v4 = end.address.is_v4();
  return fmt::format("{}{}{}:{}", v4 ? "" : "[", end.address.to_string(), v4 ? "" : "]", end.port);
}

}  // namespace

bool shows_socket(const ShowExpression& show, const SocketInfo& socket,
                  const EndpointAnnotations& owner, const Annotations& about) {
  if (show.empty()) return true;
  ShowSubject s;
  ShowEnd& local = socket.connected() ? s.orig : s.resp;
  ShowEnd& remote = socket.connected() ? s.resp : s.orig;
  local.annotate(about.orig);
  local.address = socket.local.address;
  local.port = socket.local.port;
  local.pid = owner.pid;
  local.user = owner.user;
  local.exe = owner.exe;
  local.unit = owner.unit;
  if (socket.connected()) {
    remote.annotate(about.resp);
    remote.address = socket.remote.address;
    remote.port = socket.remote.port;
  }
  s.port_name = about.port_name;
  s.proto = to_string(socket.transport);
  s.states[0] = state_name(socket);
  if (socket.connected()) s.outcomes = "open";
  const std::string text =
      fmt::format("{} {} {} {} {} {} {} {} {} {} {}", endpoint_text(socket.local),
                  endpoint_text(socket.remote), s.states[0], local.name, remote.name,
                  remote.country, remote.as_org, owner.pid, owner.user, owner.exe, owner.cmdline);
  s.text = text;
  return show.matches(s);
}

}  // namespace synfin
