// See view_output.h.
#include "app/view_output.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <ctime>
#include <random>
#include <utility>

#include "synfin/enrich/socket_holders.h"
#include "synfin/report/document.h"

namespace synfin {
namespace {

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

class AnnotatorLookup : public Lookup {
 public:
  explicit AnnotatorLookup(Annotator& annotator) : annotator_(annotator) {}
  EndpointAnnotations about(const Address& address) override {
    return annotator_.book().about(address);
  }
  std::string_view port_name(std::uint16_t port) override { return annotator_.ports().name(port); }

 private:
  Annotator& annotator_;
};

Timestamp wall_clock() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return timestamp_from_ns(std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec);
}

/// REQUIRES: IPv4 or IPv6.
Address address_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return Address::load_v4(reinterpret_cast<const std::uint8_t*>(&v4.sin_addr));
  }
  return Address::load_v6(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr.s6_addr);
}

bool is_internet(const sockaddr* address) {
  return address != nullptr && (address->sa_family == AF_INET || address->sa_family == AF_INET6);
}

/// An address, or all those of a name; asked once, before anything is read, as for a filter.
Result<std::vector<Address>> addresses_of(const std::string& host) {
  if (const auto address = Address::parse(host)) return std::vector<Address>{*address};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int failed = getaddrinfo(host.c_str(), nullptr, &hints, &found); failed != 0) {
    return Error{
        fmt::format("--dest takes an address or the name of a host, and '{}' is neither: {}", host,
                    gai_strerror(failed)),
        ErrorKind::Usage};
  }
  std::vector<Address> addresses;
  for (const addrinfo* i = found; i != nullptr; i = i->ai_next) {
    if (is_internet(i->ai_addr)) addresses.push_back(address_of(*i->ai_addr));
  }
  freeaddrinfo(found);
  return addresses;
}

}  // namespace

/// The processes that own sockets which no packet has announced.
class SocketOwners {
 public:
  explicit SocketOwners(bool cmdline) : cmdline_(cmdline) {}

  /// The texts live until the next call.
  EndpointAnnotations owner_of(const SocketInfo& socket) {
    EndpointAnnotations owner;
    if (socket.state == SocketState::TimeWait) return owner;  // nobody's any more
    user_ = user_name(socket.uid);
    owner.user = user_;
    const pid_t pid = socket.inode == 0 ? 0 : holders_.holder_of(socket.inode);
    if (pid == 0) return owner;
    words_ = words_of(pid);
    owner.pid = static_cast<std::uint32_t>(pid);
    owner.exe = words_.exe;
    if (cmdline_) owner.cmdline = words_.cmdline;
    return owner;
  }

 private:
  bool cmdline_;
  SocketHolders holders_;
  std::string user_;
  ProcessWords words_;
};

bool ViewOutput::counts(ViewKind view) {
  return view != ViewKind::Events && view != ViewKind::Summary && view != ViewKind::None;
}

Result<std::unique_ptr<ViewOutput>> ViewOutput::make(const Options& options, Annotator& annotator,
                                                     const ConnectionFilter* hiding,
                                                     std::span<const ViewKind> more) {
  ClientsOf of{.ports = options.ports, .hosts = {}, .host_name = options.dest};
  if (!options.dest.empty()) {
    auto hosts = addresses_of(options.dest);
    if (!hosts) return hosts.error();
    of.hosts = std::move(*hosts);
  }
  return std::unique_ptr<ViewOutput>(
      new ViewOutput(options, std::move(of), annotator, hiding, more));
}

ViewOutput::ViewOutput(const Options& options, ClientsOf clients_of, Annotator& annotator,
                       const ConnectionFilter* hiding, std::span<const ViewKind> more)
    : kind_(options.effective_view()),
      views_({.bounds = {.max_hosts = options.max_hosts, .seed = random_seed()},
              .clients_of = std::move(clients_of),
              .timeline = {.unit = options.time_unit, .live = options.read.empty()},
              .local_nets = options.enrichment.local_nets,
              .own_addresses = {}}),
      lookup_(std::make_unique<AnnotatorLookup>(annotator)),
      each_(options.each) {
  views_.add(kind_);
  for (const ViewKind kind : more) views_.add(kind);
  if (options.read.empty()) watch_sockets(options, annotator, hiding);
}

void ViewOutput::watch_sockets(const Options& options, Annotator& annotator,
                               const ConnectionFilter* hiding) {
  const ShowExpression& show = options.filters.show;
  owners_ = std::make_shared<SocketOwners>(options.enrichment.cmdline);
  wanted_.emplace(options.live.interfaces, options.filter, hiding, annotator, &show);
  sockets_.emplace([this, by_owner = show.needs_processes()](const SocketInfo& socket) {
    return (*wanted_)(socket, by_owner ? owners_->owner_of(socket) : EndpointAnnotations{});
  });
  if (views_.netstat() == nullptr) return;
  const HostSockets* host = sockets_->read(HostSocketsReader::Clock::now());
  if (host == nullptr) return;
  views_.netstat()->note_sockets(*host, wall_clock(),
                                 [this](const SocketInfo& s) { return wanted_owner(s); });
  udp_.emplace();
  list_udp_sockets();
}

std::optional<EndpointAnnotations> ViewOutput::wanted_owner(const SocketInfo& socket) {
  const EndpointAnnotations owner = owners_->owner_of(socket);
  if (!(*wanted_)(socket, owner)) return std::nullopt;
  return owner;
}

void ViewOutput::list_udp_sockets() {
  if (!udp_) return;
  udp_->list_new(*views_.netstat(), UdpSockets::Clock::now(), wall_clock(),
                 [this](const SocketInfo& s) { return wanted_owner(s); });
}

ViewRequest ViewOutput::request_for(const RenderOptions& render) {
  ViewRequest request;
  request.now = views_.now();
  request.width = render.width;
  request.unicode = render.unicode;
  request.zone = render.zone;
  request.each = each_;
  if (!sockets_) return request;
  if (open_ != nullptr) request.open = &open_->read(views_, SnapshotReader::Clock::now());
  request.now = wall_clock();
  request.host = sockets_->read(HostSocketsReader::Clock::now());
  if (request.host != nullptr && views_.timeline() != nullptr) {
    views_.timeline()->note_listeners(*request.host, request.now);
  }
  return request;
}

void ViewOutput::prepare() {
  if (open_ == nullptr || kind_ != ViewKind::Endpoints) return;
  const auto now = SnapshotReader::Clock::now();
  sockets_->read(now);
  open_->read(views_, now);
}

void ViewOutput::print(std::string& out, const RenderOptions& render) {
  const ViewRequest request = request_for(render);
  if (kind_ == ViewKind::Netstat) return views_.netstat()->print_new(out, request);
  const View* view = views_.view(kind_);
  if (view == nullptr) return;
  Document document;
  document.tables.push_back(view->page(request, *lookup_).table);
  out += render_text(document, render);
}

std::vector<Table> ViewOutput::report_tables(const RenderOptions& render) {
  const ViewRequest request = request_for(render);
  std::vector<Table> tables;
  if (const TimelineView* timeline = views_.timeline(); timeline != nullptr) {
    tables = timeline->report_tables(request, *lookup_, request.count);
  }
  if (const View* view = views_.view(ViewKind::Processes); view != nullptr) {
    tables.push_back(view->page(request, *lookup_).table);
  }
  if (kind_ == ViewKind::Clients || kind_ == ViewKind::Endpoints || kind_ == ViewKind::Netstat) {
    Table table = views_.view(kind_)->page(request, *lookup_).table;
    std::erase_if(table.rows, [&](const auto& row) { return row.size() < table.columns.size(); });
    tables.push_back(std::move(table));
  }
  return tables;
}

}  // namespace synfin
