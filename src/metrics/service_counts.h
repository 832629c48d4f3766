/// \file
/// ServiceCounts: established and failed connections of the busiest services, in a bounded set of
/// labels.
///
/// A service is a responder's address and port. It gets one of kListed places once it has
/// established kMinWeight connections, and if all places are taken, once it has established twice
/// as many as the service with the fewest, which then loses its place. Scans and floods therefore
/// never get a place. The connections of services that have no place at that moment are counted
/// together. Counts of a place begin at 0, so that no count decreases while a place keeps its
/// service; they end with the place, so that each count grows by one for each connection only.
///
/// Threads: one thread counts, any thread reads rows. Counting takes a lock only if a service gets
/// a place. Tested in tests/unit/metrics/service_counts_test.cc.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "synfin/base/five_tuple.h"
#include "synfin/enrich/port_names.h"
#include "synfin/report/tuple_hash.h"
#include "synfin/stats/bounded_table.h"

namespace synfin {

/// A count that one thread changes and any thread reads.
class SharedCount {
 public:
  void add(std::uint64_t more) {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  void reset() { value_.store(0, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class ServiceCounts {
 public:
  static constexpr std::size_t kListed = 32;
  static constexpr std::uint32_t kMinWeight = 4;

  struct Row {
    std::string service;  ///< "192.0.2.1:443"; "other" for those without a place
    std::string name;     ///< "https", or empty
    std::uint64_t established = 0;
    std::uint64_t failed = 0;
  };

  explicit ServiceCounts(PortNames names);

  void add_established(const Endpoint& service);
  void add_failed(const Endpoint& service);

  /// The services that have a place, then all others together. Any thread.
  std::vector<Row> rows() const;

 private:
  /// A service without a place.
  struct Candidate {
    Endpoint service;
    std::uint32_t weight = 0;  ///< connections established since it was added
    bool is(const Endpoint& other) const { return service == other; }
  };
  struct Place {
    Endpoint service;
    std::uint64_t weight = 0;  ///< connections that the service has established; 0 = free
    std::string label, name;   ///< guarded by mutex_
    SharedCount established, failed;
  };

  Place* find(const Endpoint& service);
  bool give_place(const Endpoint& service, std::uint32_t weight);

  std::array<Place, kListed> places_;
  std::size_t used_ = 0;  ///< changed under mutex_
  BoundedTable<Candidate> candidates_;
  TupleHasher hasher_;
  PortNames names_;
  SharedCount other_established_, other_failed_;
  mutable std::mutex mutex_;
};

}  // namespace synfin
