// See view_sink.h.
#include "synfin/view/view_sink.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "synfin/base/seed.h"
#include "synfin/base/wall_clock.h"
#include "synfin/enrich/socket_holders.h"
#include "synfin/report/document.h"
#include "view/inventory_view.h"
#include "view/snapshot_reader.h"

namespace synfin {
namespace {

/// The time before a print at which the kernel and the tracker are queried, so that the print has
/// rates.
constexpr Duration kPrepareTime = std::chrono::milliseconds{2'400};

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

/// The addresses of `host`, itself an address or a name. Resolved once, as in a filter expression.
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

/// Finds the owners of sockets for which no packet was captured.
class SocketOwners {
 public:
  explicit SocketOwners(bool cmdline) : cmdline_(cmdline) {}

  /// The texts live until the next call.
  EndpointAnnotations owner_of(const SocketInfo& socket) {
    EndpointAnnotations owner;
    if (socket.state == SocketState::TimeWait) return owner;  // no process owns it
    user_ = user_name(socket.uid);
    owner.user = user_;
    const pid_t pid = socket.inode == 0 ? 0 : holders_.holder_of(socket.inode);
    if (pid == 0) return owner;
    words_ = read_process_image(pid);
    owner.pid = static_cast<std::uint32_t>(pid);
    owner.exe = words_.exe;
    if (cmdline_) owner.cmdline = words_.cmdline;
    return owner;
  }

 private:
  bool cmdline_;
  SocketHolders holders_;
  std::string user_;
  ProcessImage words_;
};

bool ViewSink::prints(ViewKind view) {
  return view != ViewKind::Events && view != ViewKind::Summary && view != ViewKind::None;
}

Result<std::unique_ptr<ViewSink>> ViewSink::open(const ViewSinkOptions& options,
                                                 Annotator& annotator,
                                                 const ConnectionFilter* filter,
                                                 TableSnapshot& snapshot) {
  ClientCriteria of{.ports = options.ports, .hosts = {}, .host_name = options.dest};
  if (!options.dest.empty()) {
    auto hosts = addresses_of(options.dest);
    if (!hosts) return hosts.error();
    of.hosts = std::move(*hosts);
  }
  std::unique_ptr<ViewSink> sink(new ViewSink(options, std::move(of), annotator));
  if (prints(options.kind)) {
    auto printed = PrintedOutput::open(options.style, options.live);
    if (!printed) return printed.error();
    sink->printed_.emplace(std::move(*printed));
  }
  if (options.live) {
    sink->views_.set_start(wall_clock());
    sink->watch_host(filter, snapshot);
  }
  sink->update_own_addresses();
  return Result<std::unique_ptr<ViewSink>>(std::move(sink));
}

ViewSink::ViewSink(const ViewSinkOptions& options, ClientCriteria client_criteria,
                   Annotator& annotator)
    : options_(options),
      annotator_(annotator),
      views_({.bounds = {.max_hosts = options.max_hosts, .seed = random_seed()},
              .client_criteria = std::move(client_criteria),
              .timeline = {.unit = options.time_unit, .live = options.live},
              .local_nets = options.local_nets,
              .own_addresses = {}}),
      lookup_(std::make_unique<AnnotatorLookup>(annotator)),
      schedule_(prints(options.kind) ? options.every : std::nullopt) {
  views_.add(options.kind);
  for (const ViewKind kind : options.beside) views_.add(kind);
}

ViewSink::~ViewSink() = default;

/// Reads the kernel's sockets and the tracker's open connections from now on.
void ViewSink::watch_host(const ConnectionFilter* filter, TableSnapshot& snapshot) {
  snapshot_ = std::make_unique<SnapshotReader>(snapshot, options_.scope);
  shown_sockets_.emplace(options_.interfaces, options_.filter, filter, annotator_, &options_.show);
  owners_ = std::make_unique<SocketOwners>(options_.cmdline);
  sockets_.emplace(annotator_.sockets(), [this, by_owner = options_.show.needs_processes()](
                                             const SocketInfo& socket) {
    return (*shown_sockets_)(socket, by_owner ? owners_->owner_of(socket) : EndpointAnnotations{});
  });
  if (views_.netstat() == nullptr) return;
  add_first_sockets();
  udp_.emplace();
  add_udp_sockets();
}

/// The netstat view starts with the sockets that exist already, and the processes that own them.
void ViewSink::add_first_sockets() {
  const HostSockets* host = sockets_->read(HostSocketsReader::Clock::now());
  if (host == nullptr) return;
  views_.netstat()->note_sockets(*host, wall_clock(),
                                 [this](const SocketInfo& s) { return shown_owner(s); });
}

/// Lists the UDP sockets that are new, at most once a second.
void ViewSink::add_udp_sockets() {
  if (!udp_) return;
  udp_->list_new(*views_.netstat(), UdpSockets::Clock::now(), wall_clock(),
                 [this](const SocketInfo& s) { return shown_owner(s); });
}

/// The owner of a socket, or nullopt if the socket is not to be listed.
std::optional<EndpointAnnotations> ViewSink::shown_owner(const SocketInfo& socket) {
  const EndpointAnnotations owner = owners_->owner_of(socket);
  if (!(*shown_sockets_)(socket, owner)) return std::nullopt;
  return owner;
}

void ViewSink::update_own_addresses() {
  const OwnAddresses* own = annotator_.own_addresses();
  if (own == nullptr || own->addresses() == own_addresses_) return;
  own_addresses_ = own->addresses();
  views_.set_own_addresses(own_addresses_);
}

void ViewSink::add_live(ViewKind kind, ViewRequest& request) {
  if (!sockets_) return;
  const auto now = SnapshotReader::Clock::now();
  request.host = sockets_->read(now);
  if (request.host != nullptr && views_.timeline() != nullptr)
    views_.timeline()->note_listeners(*request.host, request.now);
  if (snapshot_ && kind == ViewKind::Endpoints) request.open = &snapshot_->read(views_, now);
}

ViewPage ViewSink::page(ViewKind kind, ViewRequest request) {
  const View* view = views_.view(kind);
  if (view == nullptr || !views_.intact()) return {};
  add_live(kind, request);
  return view->page(request, *lookup_);
}

Document ViewSink::details(const RowTarget& target, ViewRequest request) {
  if (!views_.intact()) return {};
  add_live(ViewKind::Endpoints, request);
  Document details = views_.events()->details(target, request, *lookup_);
  const InventoryView* inventory = views_.inventory();
  if (inventory == nullptr || target.peer || target.connection || !target.process.empty())
    return details;
  Table ports = inventory->ports_of(target.host, *lookup_, request.zone);
  if (!ports.rows.empty()) details.tables.insert(details.tables.begin(), std::move(ports));
  return details;
}

ViewRequest ViewSink::request_for(const RenderOptions& render) {
  ViewRequest request;
  request.now = options_.live ? wall_clock() : views_.now();
  request.width = render.width;
  request.unicode = render.unicode;
  request.zone = render.zone;
  request.each = options_.each;
  request.requested = options_.requested;
  add_live(options_.kind, request);
  return request;
}

/// Requests the data of the next print.
void ViewSink::prepare() {
  if (!snapshot_ || options_.kind != ViewKind::Endpoints) return;
  const auto now = SnapshotReader::Clock::now();
  sockets_->read(now);
  snapshot_->read(views_, now);
}

/// Lets the endpoints count the rates of each second, from which they take the peak.
void ViewSink::sample_rates() {
  if (options_.kind != ViewKind::Endpoints || !snapshot_) return;
  if (!snapshot_->is_due(SnapshotReader::Clock::now())) return;
  ViewRequest request;
  request.count = 0;
  (void)page(ViewKind::Endpoints, request);
}

/// Prints the whole view, or the new lines of netstat. REQUIRES: printed_.
void ViewSink::print() {
  const RenderOptions render = printed_->render_options(annotator_.book());
  const ViewRequest request = request_for(render);
  if (options_.kind == ViewKind::Netstat)
    return views_.netstat()->print_new(printed_->buffer(), request, *lookup_);
  Document document;
  document.tables.push_back(views_.view(options_.kind)->page(request, *lookup_).table);
  printed_->buffer() += render_text(document, render);
}

void ViewSink::print_again(Timestamp now) {
  const bool due = options_.live ? schedule_.due_by_wall_clock(now) : schedule_.due(now);
  if (!due || !printed_->ready()) return;  // nobody reads, so the next print will do
  printed_->print_heading(now);
  print();
  printed_->buffer() += '\n';
  printed_->flush();
}

void ViewSink::on_events(std::span<const AnnotatedEvent> events) {
  const bool by_capture_time = schedule_.repeats() && !options_.live;
  for (const auto& [event, about] : events) {
    views_.observe(event, about, options_.show.matches(event.connection, about));
    if (by_capture_time && event.kind != EventKind::Record) print_again(event.time);
  }
  if (options_.kind == ViewKind::Netstat && !options_.on_screen && printed_->ready()) print();
}

void ViewSink::on_tick(Timestamp now) {
  update_own_addresses();
  add_udp_sockets();
  if (udp_ && options_.kind == ViewKind::Netstat && !options_.on_screen && printed_->ready())
    print();
  if (options_.live) {
    if (schedule_.due_within(now, kPrepareTime)) prepare();
    sample_rates();
    print_again(now);
  }
  if (printed_) printed_->flush();
}

std::optional<Error> ViewSink::take_failure() {
  return printed_ ? printed_->take_failure() : std::nullopt;
}

std::vector<Table> ViewSink::report_tables(const RenderOptions& render) {
  if (!views_.intact()) return {};
  const ViewRequest request = request_for(render);
  std::vector<Table> tables;
  if (const TimelineView* timeline = views_.timeline(); timeline != nullptr)
    tables = timeline->report_tables(request, *lookup_, request.count);
  const ViewKind kind = options_.kind;
  // The screen counts processes even if no option asks for them.
  const View* processes = views_.view(ViewKind::Processes);
  if (processes != nullptr && (kind == ViewKind::Processes || options_.requested.processes))
    tables.push_back(processes->page(request, *lookup_).table);
  if (kind == ViewKind::Clients || kind == ViewKind::Endpoints || kind == ViewKind::Netstat) {
    Table table = views_.view(kind)->page(request, *lookup_).table;
    std::erase_if(table.rows, [&](const auto& row) { return row.size() < table.columns.size(); });
    tables.push_back(std::move(table));
  }
  return tables;
}

AddressShares ViewSink::shares() const {
  return views_.timeline()->shares(options_.live ? wall_clock() : views_.now());
}

/// All connections have arrived as records by now, so the tracker is not queried again.
Status ViewSink::finish(const CaptureInfo& /*capture*/) {
  snapshot_.reset();
  if (printed_ && schedule_.repeats())
    printed_->print_heading(options_.live ? wall_clock() : views_.now());
  if (printed_) print();
  return Ok{};
}

Status ViewSink::finish_printing() { return printed_ ? printed_->close() : Status(Ok{}); }

}  // namespace synfin
