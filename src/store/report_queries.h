/// \file
/// ReportQueries: the figures of a report as statements that a server aggregates.
///
/// If the range of time begins and ends at midnights, they read aggregates, above all `days`, which
/// has a row for each day, client and service; else they read `connections`. The conditions under
/// which a host is a scanner or a service is flooded are those of src/report/summary_entries.h.
///
/// The comment of each function lists the columns of its result. "outcomes" is a column for each
/// Outcome, in their order, with the number of connections. Addresses are hex(x); times are
/// nanoseconds.
/// Tested by a server, in tests/store/queries.py.
#pragma once

#include <cstddef>
#include <span>

#include "store/sql.h"
#include "store/store_session.h"
#include "synfin/base/five_tuple.h"

namespace synfin {

class ReportQueries {
 public:
  /// `days`: read the aggregates. `top`: rows of each table. `scope` must outlive the object.
  ReportQueries(const Scope& scope, bool days, std::size_t top)
      : scope_(scope), days_(days), top_(top) {}

  /// conn_state, outcome, cause, connections, bytes of both sides, evicted, syn_retries, first,
  /// last.
  Sql totals() const;
  /// The numbers of all services, edges, failing edges and hosts.
  Sql counts() const;
  /// resp_h, resp_p, outcomes, clients, bytes of both sides, quantiles, samples.
  Sql services() const;
  /// orig_h, resp_h, resp_p, outcomes, bytes, quantiles, samples, first, last.
  Sql edges(std::span<const Endpoint> flooded) const;
  /// The same for those with failures, without those that a scan or a flood explains.
  Sql failing(std::span<const Address> scanners, std::span<const Endpoint> flooded) const;
  /// address, as_orig, as_resp, failed_as_orig, failed_as_resp, bytes sent, bytes received, peers,
  /// first, last.
  /// During a flood, addresses that only tried one service in vain are left out.
  Sql hosts(bool flooded) const;
  /// address, targets, ports, hosts, attempts, unsuccessful ones, a bit for each probe, first,
  /// last, bytes.
  Sql scanners() const;
  /// Of these services, the seconds with at least 100 unfinished attempts: resp_h, resp_p,
  /// attempts, most in one second, first and last of them. Reads `connections`. REQUIRES: not
  /// empty.
  Sql floods(std::span<const Endpoint> candidates) const;
  /// orig_h, resp_h, resp_p, ICMP type × 256 + code of the last error.
  Sql icmp() const;
  /// resp_h, resp_p, cause, clients, one of them, confidence, attempts, first, last, evidence,
  /// ICMP type × 256 + code. Many clients of a service are one row.
  Sql failures(std::span<const Address> scanners, std::span<const Endpoint> flooded) const;
  /// resp_h, resp_p, connections that ended by a FIN of the originator, by one of the responder, by
  /// an RST of the originator, by one of the responder, and those without an end.
  Sql closers() const;
  /// orig_h, orig_p, resp_h, resp_p, first, duration, bytes of both sides, conn_state, outcome.
  /// Sorted by duration or by bytes.
  Sql longest() const { return top_connections(sql("greatest(duration, 0)")); }
  Sql largest() const { return top_connections(sql("orig_bytes + resp_bytes")); }
  /// The numbers of connections among which longest() and largest() choose.
  Sql lasting() const;
  /// The first and the last begin of a connection.
  Sql begins() const;
  /// Number of the bucket (time ÷ width), connections, failures, bytes.
  Sql timeline(Duration width) const;
  /// The number of connections with a country, and of those with a network.
  Sql places() const;
  /// The key (country or number), a name; hosts, as_orig, as_resp, failed, bytes sent, bytes
  /// received.
  Sql countries() const;
  Sql networks() const;
  /// Address, name, country, number and name of the network, of those that have any.
  Sql hosts_about() const;

 private:
  Sql from() const;  ///< "FROM days WHERE …"
  Sql from_connections() const;
  Sql weight() const;   ///< the number of connections that a row represents
  Sql outcome() const;  ///< the counted outcome as a number
  Sql first() const;
  Sql last() const;
  Sql quantiles() const;  ///< two columns: quantiles, number of samples
  Sql last_begin() const;
  Sql confidence() const;
  Sql evidence() const;
  Sql icmp_error() const;
  Sql ended(const Sql& by, const Sql& with) const;
  Sql annotation(const Sql& column) const;
  Sql tallies() const;  ///< t0, t1, …
  Sql tried() const;    ///< attempts that are not pending
  Sql in_vain() const;  ///< attempts that failed or were aborted
  Sql edge_query(const Sql& having, const Sql& order) const;
  Sql top_connections(const Sql& value) const;
  Sql geo(const Sql& key, const Sql& name) const;

  const Scope& scope_;
  bool days_;
  std::size_t top_;
};

}  // namespace synfin
