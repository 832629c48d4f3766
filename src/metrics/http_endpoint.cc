// See http_endpoint.h. libmicrohttpd polls with epoll and is driven by this thread, so that the
// thread can enter its role of the sandbox first and close connections that are too old.
#include "metrics/http_endpoint.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "synfin/base/thread.h"
#include "synfin/net/loaded_library.h"

namespace synfin {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxRequest = 8 << 10;
/// From this number on, each new connection closes the oldest one.
constexpr std::size_t kCrowd = HttpEndpoint::kMaxConnections * 3 / 4;

constexpr const char* kOpenMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
constexpr const char* kPrometheus = "text/plain; version=0.0.4; charset=utf-8";

/// libmicrohttpd, loaded only by a run that serves metrics, because it brings the libraries of TLS.
struct Library {
  static Library& get() {
    static Library library;
    return library;
  }

  Library() {
    library.find(start_daemon, "MHD_start_daemon");
    library.find(stop_daemon, "MHD_stop_daemon");
    library.find(run, "MHD_run");
    library.find(get_timeout, "MHD_get_timeout");
    library.find(get_daemon_info, "MHD_get_daemon_info");
    library.find(get_connection_info, "MHD_get_connection_info");
    library.find(create_response, "MHD_create_response_from_buffer");
    library.find(add_header, "MHD_add_response_header");
    library.find(queue_response, "MHD_queue_response");
    library.find(destroy_response, "MHD_destroy_response");
    library.find(lookup_value, "MHD_lookup_connection_value");
  }

  LoadedLibrary library{
      "libmicrohttpd.so.12",
      "libmicrohttpd cannot be loaded, so metrics cannot be served; please install the package "
      "libmicrohttpd12"};
  decltype(&MHD_start_daemon) start_daemon = nullptr;
  decltype(&MHD_stop_daemon) stop_daemon = nullptr;
  decltype(&MHD_run) run = nullptr;
  decltype(&MHD_get_timeout) get_timeout = nullptr;
  decltype(&MHD_get_daemon_info) get_daemon_info = nullptr;
  decltype(&MHD_get_connection_info) get_connection_info = nullptr;
  decltype(&MHD_create_response_from_buffer) create_response = nullptr;
  decltype(&MHD_add_response_header) add_header = nullptr;
  decltype(&MHD_queue_response) queue_response = nullptr;
  decltype(&MHD_destroy_response) destroy_response = nullptr;
  decltype(&MHD_lookup_connection_value) lookup_value = nullptr;
};

Library& mhd() { return Library::get(); }

MHD_Result answer(MHD_Connection* connection, unsigned status, std::string body, const char* type) {
  MHD_Response* const response =
      mhd().create_response(body.size(), body.data(), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  mhd().add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
  mhd().add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
  if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
    mhd().add_header(response, MHD_HTTP_HEADER_ALLOW, "GET");
  const MHD_Result queued = mhd().queue_response(connection, status, response);
  mhd().destroy_response(response);
  return queued;
}

}  // namespace

Status load_microhttpd() {
  if (const std::string& failure = mhd().library.failure(); !failure.empty()) return Error{failure};
  return Ok{};
}

struct HttpEndpoint::Impl {
  struct Client {
    int socket = -1;
    Clock::time_point since;
  };

  /// Calls `body` from a function that the library calls, which an exception must not pass through.
  template <typename Body>
  static void guard(void* self, Body&& body) {
    try {
      body(*static_cast<Impl*>(self));
    } catch (...) {
      static_cast<Impl*>(self)->failure = std::current_exception();
    }
  }

  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url,
                               const char* method, const char* /*version*/, const char* /*body*/,
                               std::size_t* /*size*/, void** /*state*/) {
    MHD_Result result = MHD_NO;
    guard(self, [&](Impl& impl) { result = impl.respond(connection, url, method); });
    return result;
  }

  MHD_Result respond(MHD_Connection* connection, const char* url, const char* method) const {
    if (std::string_view(url) != "/metrics")
      return answer(connection, MHD_HTTP_NOT_FOUND, "only /metrics is served\n", "text/plain");
    if (std::string_view(method) != MHD_HTTP_METHOD_GET)
      return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET is served\n", "text/plain");
    const char* const accept =
        mhd().lookup_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    const bool open = accept != nullptr && std::string_view(accept).find(
                                               "application/openmetrics-text") != std::string::npos;
    return answer(connection, MHD_HTTP_OK,
                  render(open ? MetricFormat::OpenMetrics : MetricFormat::Prometheus),
                  open ? kOpenMetrics : kPrometheus);
  }

  static void on_connection(void* self, MHD_Connection* connection, void** /*state*/,
                            MHD_ConnectionNotificationCode code) {
    guard(self, [&](Impl& impl) { impl.note(connection, code); });
  }

  void note(MHD_Connection* connection, MHD_ConnectionNotificationCode code) {
    const MHD_ConnectionInfo* const info =
        mhd().get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info == nullptr) return;
    const int socket_of_client = info->connect_fd;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
      std::erase_if(clients,
                    [&](const Client& client) { return client.socket == socket_of_client; });
      return;
    }
    if (clients.size() >= kCrowd) {
      // The library closes it when it reads the end of its input. Until then it stays in the list,
      // and the next of its age is shut down.
      shutdown(clients.front().socket, SHUT_RDWR);
      std::rotate(clients.begin(), clients.begin() + 1, clients.end());
    }
    clients.push_back({socket_of_client, Clock::now()});
  }

  void serve() {
    const MHD_DaemonInfo* const info = mhd().get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    pollfd waits[] = {{info->epoll_fd, POLLIN, 0}, {wake.get(), POLLIN, 0}};
    while ((waits[1].revents & POLLIN) == 0 && !stopping && !failure) {
      MHD_UNSIGNED_LONG_LONG wait = 0;
      const bool limited = mhd().get_timeout(daemon, &wait) == MHD_YES;
      const int idle = clients.empty() ? -1 : 200;
      const int timeout = limited && (idle < 0 || wait < static_cast<unsigned>(idle))
                              ? static_cast<int>(std::min<MHD_UNSIGNED_LONG_LONG>(wait, 1000))
                              : idle;
      (void)poll(waits, 2, timeout);
      mhd().run(daemon);
      for (const Client& client : clients) {
        if (Clock::now() - client.since > kMaxAge) shutdown(client.socket, SHUT_RDWR);
      }
    }
    mhd().stop_daemon(daemon);
    if (failure) std::rethrow_exception(failure);
  }

  Render render;
  Descriptor wake{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  MHD_Daemon* daemon = nullptr;
  std::atomic<bool> stopping{false};
  std::exception_ptr failure;   ///< of the thread
  std::vector<Client> clients;  ///< of the thread
  std::unique_ptr<Descriptor> socket;
  std::thread thread;
};

HttpEndpoint::HttpEndpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<HttpEndpoint>> HttpEndpoint::start(std::unique_ptr<Descriptor> socket,
                                                          Render render) {
  auto impl = std::make_unique<Impl>();
  impl->render = std::move(render);
  // The library closes the socket that it is given.
  const int own = fcntl(socket->get(), F_DUPFD_CLOEXEC, 0);
  impl->socket = std::move(socket);
  impl->daemon = mhd().start_daemon(
      MHD_USE_EPOLL, 0, nullptr, nullptr, &Impl::on_request, impl.get(), MHD_OPTION_LISTEN_SOCKET,
      own, MHD_OPTION_CONNECTION_LIMIT, kMaxConnections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      kMaxRequest, MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(kMaxAge.count()),
      MHD_OPTION_NOTIFY_CONNECTION, &Impl::on_connection, impl.get(), MHD_OPTION_END);
  if (impl->daemon == nullptr || impl->wake.get() < 0)
    return Error{"metrics cannot be served: too many files are open, or no memory is left"};
  Impl* const shared = impl.get();
  impl->thread = start_thread(ThreadRole::Metrics, [shared] { shared->serve(); });
  return std::unique_ptr<HttpEndpoint>(new HttpEndpoint(std::move(impl)));
}

HttpEndpoint::~HttpEndpoint() {
  const std::uint64_t one = 1;
  impl_->stopping = true;
  // The end of the listening socket wakes the thread, too.
  if (write(impl_->wake.get(), &one, sizeof one) < 0) shutdown(impl_->socket->get(), SHUT_RDWR);
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace synfin
