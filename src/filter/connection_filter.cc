// See connection_filter.h.
#include "synfin/filter/connection_filter.h"

#include <algorithm>
#include <utility>

#include "synfin/base/special_purpose.h"
#include "synfin/filter/netstat_state.h"

namespace synfin {
namespace {

LocalView view_of(const ConnectionRecord& record, const Annotations& about, bool at_orig) {
  const EndpointAnnotations& here = at_orig ? about.orig : about.resp;
  const EndpointAnnotations& there = at_orig ? about.resp : about.orig;
  return {.local = at_orig ? record.tuple.orig : record.tuple.resp,
          .remote = at_orig ? record.tuple.resp : record.tuple.orig,
          .local_name = here.name,
          .remote_name = there.name,
          .exe = here.exe,
          .cmdline = here.cmdline,
          .user = here.user,
          .pid = here.pid,
          .state = netstat_state(record, at_orig)};
}

}  // namespace

Result<std::unique_ptr<ConnectionFilter>> ConnectionFilter::make(
    const FilterOptions& options, const EnrichmentOptions& enrichment) {
  std::unique_ptr<ConnectionFilter> filter(new ConnectionFilter);
  filter->options_ = options;
  for (const std::string& path : options.filter_files) {
    if (const Status read = read_address_file(path, filter->listed_); !read) return read.error();
  }
  filter->listed_.build();
  if (const Status read = filter->read_rules(options.rules, enrichment); !read) return read.error();
  filter->start_hosts();
  const bool any = options.ignore_loopback || options.filter_local ||
                   !options.filter_files.empty() || !options.rules.empty();
  if (!any) filter.reset();
  return filter;
}

Status ConnectionFilter::read_rules(const std::vector<std::string>& paths,
                                    const EnrichmentOptions& enrichment) {
  dns_server_ = enrichment.dns_server;
  for (const std::string& path : paths) {
    auto rules = FilterRules::read(path, enrichment.resolve_names && !enrichment.no_names);
    if (!rules) return rules.error();
    for (const std::string& notice : rules->notices()) notices_.push_back(notice);
    for (std::string& name : rules->host_names()) host_names_.push_back(std::move(name));
    if (rules->needs_processes() && !enrichment.process) {
      notices_.push_back("sections of " + path +
                         " with exe, user or pid hide nothing without --process, those with "
                         "cmdline hide nothing without --cmdline");
    }
    rules_.push_back(std::move(*rules));
  }
  return Ok{};
}

/// The thread of HostAddresses starts before the caller enters a role of the sandbox that permits
/// no Internet sockets.
void ConnectionFilter::start_hosts() {
  if (host_names_.empty()) return;
  DnsOptions dns;
  dns.server = dns_server_;
  auto started = HostAddresses::start(dns, std::exchange(host_names_, {}));
  if (started) hosts_ = std::move(*started);
  if (!started) notices_.push_back(started.error().message);
}

void ConnectionFilter::update_hosts() {
  if (hosts_) hosts_->update();
}

bool ConnectionFilter::hidden_by_address(const ConnectionRecord& record, Annotator& annotator,
                                         Option option) const {
  const Address& orig = record.tuple.orig.address;
  const Address& resp = record.tuple.resp.address;
  const bool orig_local = annotator.is_local(orig).value_or(false);
  const bool resp_local = annotator.is_local(resp).value_or(false);
  const bool one_remote = orig_local != resp_local;
  const Address& remote = orig_local ? resp : orig;
  if (option == File) {
    return one_remote ? listed_.contains(remote) : listed_.contains(orig) || listed_.contains(resp);
  }
  if (one_remote) return is_special_purpose(remote);
  return is_special_purpose(orig) && is_special_purpose(resp);
}

bool ConnectionFilter::any_rule_hides(const LocalView& view) const {
  return std::any_of(rules_.begin(), rules_.end(),
                     [&](const FilterRules& rules) { return rules.hides(view, hosts_.get()); });
}

bool ConnectionFilter::hidden_by_rules(const ConnectionRecord& record, Annotator& annotator) const {
  const Annotations about = annotator.annotate(record);
  const auto hides = [&](bool at_orig) { return any_rule_hides(view_of(record, about, at_orig)); };
  const bool resp_local = about.resp.local.value_or(false);
  const bool orig_local = about.orig.local.value_or(!resp_local);
  return (orig_local && hides(true)) || (resp_local && hides(false));
}

bool ConnectionFilter::hides(const SocketInfo& socket, const EndpointAnnotations& owner,
                             Annotator& annotator) const {
  ConnectionRecord record;
  record.tuple = {socket.local, socket.remote};
  if (options_.ignore_loopback &&
      (is_loopback(socket.local.address) || is_loopback(socket.remote.address))) {
    return true;
  }
  if (socket.connected()) {
    if (options_.filter_local && hidden_by_address(record, annotator, Local)) return true;
    if (!options_.filter_files.empty() && hidden_by_address(record, annotator, File)) return true;
  }
  if (rules_.empty()) return false;
  const Annotations about = annotator.annotate(record);
  const LocalView view{.local = socket.local,
                       .remote = socket.remote,
                       .local_name = about.orig.name,
                       .remote_name = about.resp.name,
                       .exe = owner.exe,
                       .cmdline = owner.cmdline,
                       .user = owner.user,
                       .pid = owner.pid,
                       .state = state_name(socket)};
  return any_rule_hides(view);
}

std::size_t ConnectionFilter::hiding_option(const ConnectionRecord& record,
                                            Annotator& annotator) const {
  const FiveTuple& t = record.tuple;
  if (options_.ignore_loopback && (is_loopback(t.orig.address) || is_loopback(t.resp.address)))
    return Loopback;
  if (options_.filter_local && hidden_by_address(record, annotator, Local)) return Local;
  if (!options_.filter_files.empty() && hidden_by_address(record, annotator, File)) return File;
  if (!rules_.empty() && hidden_by_rules(record, annotator)) return Rules;
  return kOptions;
}

std::span<const Event> ConnectionFilter::shown(std::span<const Event> events,
                                               Annotator& annotator) {
  shown_.clear();
  update_hosts();
  for (const Event& event : events) {
    const std::size_t option = hiding_option(event.connection, annotator);
    if (option == kOptions) {
      shown_.push_back(event);
    } else if (event.kind == EventKind::Record) {
      ++hidden_[option];
    }
  }
  return shown_;
}

std::vector<std::pair<std::string, std::uint64_t>> ConnectionFilter::counts() const {
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  if (options_.ignore_loopback) counts.emplace_back("ignore-loopback", hidden_[Loopback]);
  if (options_.filter_local) counts.emplace_back("filter-local", hidden_[Local]);
  if (!options_.filter_files.empty()) counts.emplace_back("filter-file", hidden_[File]);
  if (!rules_.empty()) counts.emplace_back("rules", hidden_[Rules]);
  return counts;
}

}  // namespace synfin
