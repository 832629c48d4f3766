/// \file
/// SummaryTables: the aggregates behind Summary.
///
/// A record touches three entries at random addresses: its service, its edge and its originator.
/// Each record therefore passes three steps, kAhead records apart: hash it and prefetch the index
/// lines, prefetch the entries, count it.
///
/// Distinct counts (clients, peers, targets, ports) change only when an edge is new, so that most
/// records need no sketch. Once a table is full, a key gets an entry when it occurs for the second
/// time, according to the same sketch, so that the unique keys of floods and sweeps replace
/// nothing. Once a service is known to be flooded, unfinished attempts on it by unknown originators
/// are counted in the service alone.
#pragma once

#include <span>
#include <vector>

#include "report/failure_counter.h"
#include "report/hangup_counter.h"
#include "report/numbered_pool.h"
#include "report/service_profile.h"
#include "report/summary_entries.h"
#include "report/timeline.h"
#include "report/top_connections.h"
#include "synfin/report/summary.h"
#include "synfin/report/tuple_hash.h"
#include "synfin/stats/bounded_table.h"
#include "synfin/stats/distinct_set.h"
#include "synfin/stats/lazy_array.h"
#include "synfin/stats/rtt_histogram.h"

namespace synfin {

/// The meters of services with unfinished attempts.
using FloodMeters = NumberedPool<FloodMeter, std::uint32_t>;

/// The number of records that got no entry, because they were the first with their key when the
/// table was full.
struct WithoutEntry {
  std::uint64_t service = 0;
  std::uint64_t edge = 0;
  std::uint64_t host = 0;
};

/// Its members are public for summary_rows.cc, which makes a report's tables from them.
struct SummaryTables {
  explicit SummaryTables(const SummaryOptions& options);
  SummaryTables(std::size_t max, std::uint64_t seed);

  static constexpr std::size_t kGroup = 64;
  static constexpr std::size_t kAhead = 8;
  static constexpr std::size_t kTopConnections = 1000;

  /// A record with its seeded hashes for tables and its fixed hashes for sketches.
  struct HashedRecord {
    const ConnectionRecord* record = nullptr;
    TupleHashes table;
    TupleHashes fixed;
  };

  /// REQUIRES: records.size() <= kGroup.
  void add(std::span<const ConnectionRecord* const> records);

  HashedRecord hashed(const ConnectionRecord& r) const;
  void prefetch_buckets(const HashedRecord& i) const;
  void prefetch_entries(const HashedRecord& i) const;

  void count(const HashedRecord& i);
  void count_totals(const ConnectionRecord& r);
  void rank_connection(const ConnectionRecord& r);
  std::uint32_t count_edge(const HashedRecord& i, bool flood);
  void count_service(ServiceEntry& service, const ConnectionRecord& r);
  void count_answer(ServiceEntry& service, const ConnectionRecord& r);
  void count_profile(ServiceEntry& service, const ConnectionRecord& r);
  void count_unfinished(ServiceEntry& service, Timestamp time);
  void count_target(ServiceEntry* service, AddressEntry* host, const HashedRecord& i,
                    std::uint32_t new_edges);
  void count_port(AddressEntry& host, const HashedRecord& i);

  /// The entry of a record's service or originator. Adds a missing entry, or returns null if the
  /// table is full and the key is new.
  ServiceEntry* service_of(const HashedRecord& i);
  AddressEntry* originator_of(const HashedRecord& i, bool flood);
  EdgeEntry& add_edge(const HashedRecord& i);
  /// The entries of a service, and of an originator and a service; null if there is none.
  const ServiceEntry* service_at(const Endpoint& service) const;
  const EdgeEntry* edge_between(const Address& orig, const Endpoint& service) const;

  /// When the service last proved that it answers. REQUIRES: service.outcomes.established() != 0.
  Timestamp answer_of(const ServiceEntry& service) const {
    return answers[static_cast<std::size_t>(&service - services.entries().data())];
  }

  /// Adds the figures of a replaced service to its host, and releases its histogram and meter.
  void retire(ServiceEntry& replaced);
  /// REQUIRES: service.flood != 0.
  const FloodMeter& flood_of(const ServiceEntry& service) const { return floods[service.flood]; }
  bool flooded(const ServiceEntry& service) const;

  std::size_t memory() const;

  TupleHasher table_hash;
  std::size_t max_hosts;
  bool two_threads = false;
  Totals totals;
  BoundedTable<ServiceEntry> services;
  LazyArray<Timestamp> answers;  ///< parallel to `services`, whose entries fill two cache lines
  BoundedTable<EdgeEntry> edges;
  BoundedTable<AddressEntry> hosts;
  FloodMeters floods;  ///< at most one for each service
  DistinctSet distinct;
  RttPool rtts;
  ServiceProfiles profiles;
  FailureCounter failures;
  HangupCounter hangups;
  TopConnections longest{kTopConnections};
  TopConnections largest{kTopConnections};
  TimelineCounter timeline;
  WithoutEntry without_entry;
};

struct Summary::Impl : SummaryTables {
  using SummaryTables::SummaryTables;
};

}  // namespace synfin
