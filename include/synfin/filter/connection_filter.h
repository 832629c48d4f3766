/// \file
/// ConnectionFilter: hides connections by --ignore-loopback, --filter-local, --filter-file and
/// --rules. Hidden connections are in no output and are counted.
/// Tested in tests/unit/filter/connection_filter_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "synfin/enrich/annotator.h"
#include "synfin/enrich/enrichment_options.h"
#include "synfin/enrich/socket_table.h"
#include "synfin/filter/address_set.h"
#include "synfin/filter/filter_rules.h"
#include "synfin/filter/host_addresses.h"
#include "synfin/filter/show_expression.h"
#include "synfin/track/event.h"

namespace synfin {

struct FilterOptions {
  bool ignore_loopback = false;
  bool filter_local = false;
  std::vector<std::string> filter_files;
  std::vector<std::string> rules;
  std::string show_text;  ///< --show as it was typed
  ShowExpression show;
};

/// Used by one thread at a time. An end is remote unless it is known to be local. If no address is
/// known to be local (no --local-net, no live capture), both ends are candidates.
class ConnectionFilter {
 public:
  /// Returns null if the options hide nothing. Fails with kind Usage for a bad file.
  static Result<std::unique_ptr<ConnectionFilter>> make(const FilterOptions& options,
                                                        const EnrichmentOptions& enrichment);

  /// Returns the events of connections that are not hidden, in order. Valid until the next call.
  /// Options that compare addresses hide all events of a connection or none. Rules may hide some of
  /// them, because the state of the connection changes and its process becomes known. The first
  /// call starts the thread that resolves the remote_hosts of rules.
  std::span<const Event> shown(std::span<const Event> events, Annotator& annotator);

  /// True if a connection over `socket` would be hidden, or, for a listener, if it is hidden.
  bool hides(const SocketInfo& socket, const EndpointAnnotations& owner,
             Annotator& annotator) const;

  /// The number of connections that each option has hidden. A connection that several options hide
  /// counts for the first of them.
  std::vector<std::pair<std::string, std::uint64_t>> counts() const;

  /// Sentences about rules that cannot hide anything.
  const std::vector<std::string>& notices() const { return notices_; }

 private:
  /// The option that hides a connection; kOptions for none.
  enum Option : std::size_t { Loopback, Local, File, Rules, kOptions };

  ConnectionFilter() = default;
  Status read_rules(const std::vector<std::string>& paths, const EnrichmentOptions& enrichment);
  void start_hosts();
  void update_hosts();
  std::size_t hiding_option(const ConnectionRecord& record, Annotator& annotator) const;
  bool hidden_by_address(const ConnectionRecord& record, Annotator& annotator, Option option) const;
  bool hidden_by_rules(const ConnectionRecord& record, Annotator& annotator) const;
  bool any_rule_hides(const LocalView& view) const;

  FilterOptions options_;
  AddressSet listed_;
  std::vector<FilterRules> rules_;
  std::vector<std::string> host_names_;  ///< of the rules, until start_hosts()
  std::string dns_server_;
  std::unique_ptr<HostAddresses> hosts_;
  std::vector<std::string> notices_;
  std::uint64_t hidden_[kOptions] = {};
  std::vector<Event> shown_;
};

}  // namespace synfin
