// See metrics_options.h.
#include "synfin/metrics/metrics_options.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "metrics/http_endpoint.h"
#include "metrics/listen_address.h"
#include "synfin/base/errno_text.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

constexpr int kBacklog = 32;

/// Fills the address of a socket and returns its size.
socklen_t fill(sockaddr_storage& out, const Endpoint& endpoint) {
  if (endpoint.address.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(out);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    v4.sin_addr.s_addr = htonl(endpoint.address.v4());
    return sizeof v4;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(endpoint.port);
  endpoint.address.store(v6.sin6_addr.s6_addr);
  return sizeof v6;
}

/// The port that the kernel chose for port 0.
std::uint16_t port_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(address).sin_port
                                            : reinterpret_cast<sockaddr_in6&>(address).sin6_port);
}

}  // namespace

std::vector<OptionRow> metrics_rows(MetricsOptions& o) {
  OptionValue address;
  address.word = "[ADDR:]PORT";
  address.expects = "an address and a port, such as 127.0.0.1:9180 or [::1]:9180, or a port";
  address.set = [&target = o.listen](const std::string& given) {
    target = given;
    return parse_listen_address(given).has_value();
  };
  return {{"Metrics", "--metrics",
           "serve the figures of the run to Prometheus at http://ADDR:PORT/metrics (default "
           "address: 127.0.0.1)",
           std::move(address)}};
}

Result<MetricsSocket> open_metrics_socket(const MetricsOptions& options) {
  if (options.listen.empty()) return MetricsSocket{};
  Endpoint endpoint = *parse_listen_address(options.listen);
  if (const Status loaded = load_microhttpd(); !loaded) return loaded.error();
  MetricsSocket opened;
  const int family = endpoint.address.is_v4() ? AF_INET : AF_INET6;
  opened.descriptor = std::make_unique<Descriptor>(
      socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  const int fd = opened.descriptor->get();
  const int one = 1;
  sockaddr_storage address{};
  const socklen_t size = fill(address, endpoint);
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
      bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      listen(fd, kBacklog) != 0) {
    return Error{fmt::format("--metrics {}: cannot listen on {}: {}", options.listen,
                             endpoint_text(endpoint), errno_text())};
  }
  endpoint.port = port_of(fd);
  opened.url = fmt::format("http://{}/metrics", endpoint_text(endpoint));
  return Result<MetricsSocket>(std::move(opened));
}

}  // namespace synfin
