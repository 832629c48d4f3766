/// \file
/// SummaryTables: the aggregates behind Summary, and how a record goes into each.
///
/// One record touches three entries at random: its service, its edge, its originator. Records
/// therefore come in groups: hash all and ask for the index lines, then for the entries, then
/// count.
///
/// Distinct counts (clients, peers, targets, ports) grow only when an edge is new, so that the
/// common record asks no sketch. Once a table is full, a key gets an entry on its second sight,
/// which the same sketch tells: keys that occur once, which floods and sweeps are made of, displace
/// nobody. Once a service is known to be flooded, unfinished attempts on it by strangers are
/// counted in the service alone, and fill no table either: a flood is named, not listed.
#pragma once

#include <span>
#include <vector>

#include "report/summary_entries.h"
#include "report/timeline.h"
#include "report/top_connections.h"
#include "synfin/report/summary.h"
#include "synfin/report/tuple_hash.h"
#include "synfin/stats/bounded_table.h"
#include "synfin/stats/distinct_set.h"
#include "synfin/stats/rtt_histogram.h"

namespace synfin {

/// Public to summary_rows.cc, which turns it into a report's tables; nobody else's business.
struct SummaryTables {
  explicit SummaryTables(const SummaryOptions& options);

  static constexpr std::size_t kGroup = 16;
  static constexpr std::size_t kTopConnections = 1000;

  /// A record with its hashes: for the tables, and for what must not depend on the seed.
  struct Item {
    const ConnectionRecord* record = nullptr;
    TupleHashes table;
    TupleHashes fixed;
  };

  /// REQUIRES: at most kGroup.
  void add(std::span<const ConnectionRecord* const> records);

  Item item_of(const ConnectionRecord& r) const;
  void prefetch_buckets(const Item& i) const;
  void prefetch_entries(const Item& i) const;

  void count(const Item& i);
  void count_totals(const ConnectionRecord& r);
  void rank_connection(const ConnectionRecord& r);
  std::uint32_t count_edge(const Item& i, bool flood);
  void count_service(ServiceEntry& service, const ConnectionRecord& r);
  void count_unfinished(ServiceEntry& service, Timestamp time);
  void count_target(ServiceEntry* service, HostEntry* host, const Item& i, std::uint32_t new_edges);
  void count_port(HostEntry& host, const Item& i);

  /// The entry for each part of a record, made where it is missing and deserves one; else null.
  ServiceEntry* service_of(const Item& i);
  HostEntry* originator_of(const Item& i, bool flood);
  EdgeEntry& add_edge(const Item& i);

  /// Saves what a service that leaves says of its host, and gives its parts back.
  void retire(ServiceEntry& gone);
  /// REQUIRES: service.flood != 0.
  const FloodMeter& flood_of(const ServiceEntry& service) const {
    return floods[service.flood - 1];
  }
  bool flooded(const ServiceEntry& service) const;
  std::uint32_t add_flood();

  std::size_t memory() const;

  std::uint64_t seed;
  TupleHasher table_hash;
  std::size_t max_hosts;
  Totals totals;
  BoundedTable<ServiceEntry> services;
  BoundedTable<EdgeEntry> edges;
  BoundedTable<HostEntry> hosts;
  std::vector<FloodMeter> floods;
  std::vector<std::uint32_t> free_floods;  ///< numbers + 1 of meters whose service has left
  DistinctSet distinct;
  RttPool rtts;
  TopConnections longest{kTopConnections};
  TopConnections largest{kTopConnections};
  TimelineCounter timeline;
  /// Records that found no entry, for they were the first of their key when the table was full.
  std::uint64_t without_service = 0;
  std::uint64_t without_edge = 0;
  std::uint64_t without_host = 0;
};

struct Summary::Impl : SummaryTables {
  using SummaryTables::SummaryTables;
};

}  // namespace synfin
