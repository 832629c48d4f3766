/// \file
/// ConnectionFilter: which connections a person does not want to see: --ignore-loopback,
/// --filter-local,
/// --filter-file, --rules. What is hidden is in no output, and counted.
/// Tested in tests/unit/filter/connection_filter_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "synfin/base/cidr.h"
#include "synfin/enrich/annotator.h"
#include "synfin/enrich/enrichment_options.h"
#include "synfin/enrich/socket_table.h"
#include "synfin/filter/filter_rules.h"
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

/// Used by one thread at a time. An end is remote where it is not known to be ours; without knowing
/// what is ours (--local-net, or a live capture), either end may be.
class ConnectionFilter {
 public:
  /// Null where nothing is to be hidden. Fails with kind Usage for a bad file.
  static Result<std::unique_ptr<ConnectionFilter>> make(const FilterOptions& options,
                                                        const EnrichmentOptions& enrichment);

  /// Those of `events` that are to be shown, in order; valid until the next call.
  std::span<const Event> shown(std::span<const Event> events, Annotator& annotator);

  /// Whether a connection over `socket` would be hidden; of a listener, whether it is hidden
  /// itself.
  bool hides(const SocketInfo& socket, const EndpointAnnotations& owner,
             Annotator& annotator) const;

  /// How many connections each option has hidden; each counts for the first that would.
  std::vector<std::pair<std::string, std::uint64_t>> counts() const;

  /// Sentences about what cannot hide anything.
  const std::vector<std::string>& notices() const { return notices_; }

 private:
  enum Cause : std::size_t { Loopback, Local, File, Rules, kCauses };

  ConnectionFilter() = default;
  std::size_t cause_of(const ConnectionRecord& record, Annotator& annotator) const;
  bool hidden_by_address(const ConnectionRecord& record, Annotator& annotator, Cause cause) const;
  bool listed(const Address& address) const;
  bool hidden_by_rules(const ConnectionRecord& record, Annotator& annotator) const;

  bool loopback_ = false;
  bool local_ = false;
  std::vector<Cidr> listed_;
  std::vector<FilterRules> rules_;
  std::vector<std::string> notices_;
  std::uint64_t hidden_[kCauses] = {};
  std::vector<Event> shown_;
};

}  // namespace synfin
