// See connection_filter.h.
#include "synfin/filter/connection_filter.h"

#include <algorithm>
#include <utility>

#include "filter/netstat_state.h"
#include "synfin/base/special_purpose.h"

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
  std::unique_ptr<ConnectionFilter> hiding(new ConnectionFilter);
  hiding->loopback_ = options.ignore_loopback;
  hiding->local_ = options.filter_local;
  for (const std::string& path : options.filter_files) {
    auto blocks = read_address_file(path);
    if (!blocks) return blocks.error();
    hiding->listed_.insert(hiding->listed_.end(), blocks->begin(), blocks->end());
  }
  for (const std::string& path : options.rules) {
    auto rules = FilterRules::read(path, enrichment.resolve_names && !enrichment.no_names);
    if (!rules) return rules.error();
    for (const std::string& notice : rules->notices()) hiding->notices_.push_back(notice);
    if (rules->needs_processes() && !enrichment.process) {
      hiding->notices_.push_back("what " + path +
                                 " says of processes and users hides nothing without --process "
                                 "(and its cmdline, without --cmdline)");
    }
    hiding->rules_.push_back(std::move(*rules));
  }
  const bool any = options.ignore_loopback || options.filter_local ||
                   !options.filter_files.empty() || !options.rules.empty();
  if (!any) hiding.reset();
  return hiding;
}

bool ConnectionFilter::listed(const Address& address) const {
  return std::any_of(listed_.begin(), listed_.end(),
                     [&](const Cidr& block) { return block.contains(address); });
}

bool ConnectionFilter::hidden_by_address(const ConnectionRecord& record, Annotator& annotator,
                                         Cause cause) const {
  const Address& orig = record.tuple.orig.address;
  const Address& resp = record.tuple.resp.address;
  const bool orig_ours = annotator.is_local(orig).value_or(false);
  const bool resp_ours = annotator.is_local(resp).value_or(false);
  const bool one_remote = orig_ours != resp_ours;
  const Address& remote = orig_ours ? resp : orig;
  if (cause == File) return one_remote ? listed(remote) : listed(orig) || listed(resp);
  if (one_remote) return is_special_purpose(remote);
  return is_special_purpose(orig) && is_special_purpose(resp);
}

bool ConnectionFilter::hidden_by_rules(const ConnectionRecord& record, Annotator& annotator) const {
  const Annotations about = annotator.annotate(record);
  const auto hides = [&](bool at_orig) {
    const LocalView view = view_of(record, about, at_orig);
    return std::any_of(rules_.begin(), rules_.end(),
                       [&](const FilterRules& rules) { return rules.hides(view); });
  };
  const bool resp_ours = about.resp.local.value_or(false);
  const bool orig_ours = about.orig.local.value_or(!resp_ours);
  return (orig_ours && hides(true)) || (resp_ours && hides(false));
}

bool ConnectionFilter::hides(const SocketInfo& socket, const EndpointAnnotations& owner,
                             Annotator& annotator) const {
  ConnectionRecord record;
  record.tuple = {socket.local, socket.remote};
  if (loopback_ && (is_loopback(socket.local.address) || is_loopback(socket.remote.address))) {
    return true;
  }
  if (socket.connected()) {
    if (local_ && hidden_by_address(record, annotator, Local)) return true;
    if (!listed_.empty() && hidden_by_address(record, annotator, File)) return true;
  }
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
  return std::any_of(rules_.begin(), rules_.end(),
                     [&](const FilterRules& rules) { return rules.hides(view); });
}

std::size_t ConnectionFilter::cause_of(const ConnectionRecord& record, Annotator& annotator) const {
  const FiveTuple& t = record.tuple;
  if (loopback_ && (is_loopback(t.orig.address) || is_loopback(t.resp.address))) return Loopback;
  if (local_ && hidden_by_address(record, annotator, Local)) return Local;
  if (!listed_.empty() && hidden_by_address(record, annotator, File)) return File;
  if (!rules_.empty() && hidden_by_rules(record, annotator)) return Rules;
  return kCauses;
}

std::span<const Event> ConnectionFilter::shown(std::span<const Event> events,
                                               Annotator& annotator) {
  shown_.clear();
  for (const Event& event : events) {
    const std::size_t cause = cause_of(event.connection, annotator);
    if (cause == kCauses) {
      shown_.push_back(event);
    } else if (event.kind == EventKind::Record) {
      ++hidden_[cause];
    }
  }
  return shown_;
}

std::vector<std::pair<std::string, std::uint64_t>> ConnectionFilter::counts() const {
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  if (loopback_) counts.emplace_back("ignore-loopback", hidden_[Loopback]);
  if (local_) counts.emplace_back("filter-local", hidden_[Local]);
  if (!listed_.empty()) counts.emplace_back("filter-file", hidden_[File]);
  if (!rules_.empty()) counts.emplace_back("rules", hidden_[Rules]);
  return counts;
}

}  // namespace synfin
