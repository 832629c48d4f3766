// See annotator.h.
#include "synfin/enrich/annotator.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace synfin {
namespace {

/// A completed handshake proves that neither address is forged.
NameReason reason_of(const ConnectionRecord& record) {
  switch (record.outcome) {
    case Outcome::Open:
    case Outcome::Closed:
    case Outcome::Reset:
      return NameReason::Established;
    default:
      return NameReason::Attempt;
  }
}

}  // namespace

Annotator::Annotator(const EnrichmentOptions& options)
    : options_(options), book_(options.geoip_options()) {
  if (!options.live) return;
  auto own = OwnAddresses::open();
  if (own) own_.emplace(std::move(*own));  // a container may forbid it; --local-net then suffices
  auto sockets = SocketMonitor::open();
  if (sockets) sockets_ = std::move(*sockets);
}

std::optional<bool> Annotator::is_local(const Address& address) const {
  if (own_ && own_->contains(address)) return true;
  if (!own_ && options_.local_nets.empty()) return std::nullopt;
  return std::any_of(options_.local_nets.begin(), options_.local_nets.end(),
                     [&](const Cidr& net) { return net.contains(address); });
}

Status Annotator::start_name_lookup() {
  if (!options_.resolve_names || options_.no_names) return Ok{};
  DnsOptions dns;
  dns.server = options_.dns_server;
  auto started = HostNames::start(dns);
  if (!started) return started.error();
  book_.set_names(std::move(*started));
  return Ok{};
}

Status Annotator::start_process_lookup(std::unique_ptr<SocketEvents> events) {
  if (!options_.process || !options_.live) return Ok{};
  if (!sockets_) return Error{"cannot find processes: the kernel does not list its TCP sockets"};
  auto finder = ProcessFinder::start(sockets_, std::move(events));
  if (!finder) return finder.error();
  details_.push_back("processes are found with " + (*finder)->method());
  owners_ = std::make_unique<ConnectionOwners>(std::move(*finder), options_.cmdline);
  return Ok{};
}

void Annotator::open_databases(bool begin_reading) {
  begin_reading ? book_.geoip().start_reading() : book_.geoip().open_files();
}

std::vector<std::string> Annotator::take_details() {
  std::vector<std::string> details = std::exchange(details_, {});
  for (std::string& note : book_.geoip().take_notes()) details.push_back(std::move(note));
  return details;
}

void Annotator::request_processes(std::span<const Event> events) {
  if (!owners_) return;
  for (const Event& event : events) {
    const FiveTuple& tuple = event.connection.tuple;
    const auto here = [this](const Endpoint& end) { return !own_ || own_->contains(end.address); };
    const bool was_open =
        event.kind == EventKind::Open && event.connection.direction_basis == DirectionBasis::Socket;
    owners_->request({tuple, here(tuple.orig), here(tuple.resp), event.connection.first, was_open},
                     event.kind == EventKind::Open || event.kind == EventKind::Record);
  }
  owners_->collect();
}

std::string Annotator::process_loss_warning() const {
  const std::uint64_t lost = owners_ ? owners_->lost() : 0;
  if (lost == 0) return {};
  return fmt::format(
      "the kernel dropped {} socket changes that came too fast: some processes may be missing",
      lost);
}

void Annotator::request_names(const ConnectionRecord& record) {
  HostNames* const names = book_.names();
  if (names == nullptr) return;
  names->look_up(record.tuple.orig.address, reason_of(record));
  names->look_up(record.tuple.resp.address, reason_of(record));
}

std::string Annotator::wait_for_names(Duration unless_given) {
  HostNames* const names = book_.names();
  if (names == nullptr) return {};
  names->wait(std::chrono::steady_clock::now() + options_.dns_wait.value_or(unless_given));
  const HostNames::Counts counts = names->counts();
  if (counts.unresolved == 0) return {};
  return fmt::format("DNS did not answer for {} of {} addresses", counts.unresolved,
                     counts.named + counts.nameless + counts.unresolved);
}

Annotations Annotator::annotate(const ConnectionRecord& record) {
  Annotations about;
  about.port_name = ports_.name(record.tuple.resp.port);
  const NameReason reason = reason_of(record);
  book_.describe(record.tuple.orig.address, reason, about.orig);
  book_.describe(record.tuple.resp.address, reason, about.resp);
  if (owners_) owners_->fill(record.tuple, about);
  if (!logged_processes_.empty()) logged_processes_.fill(record, about);
  about.orig.local = is_local(record.tuple.orig.address);
  about.resp.local = is_local(record.tuple.resp.address);
  return about;
}

}  // namespace synfin
