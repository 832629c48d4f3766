/// \file
/// TimelineView (--view timeline): a row for each remote address, a symbol for each unit of time.
///
///     ▲ a connection began   ■ one is open   ○ a local socket listens   × one ended   · nothing
///
/// -t sets the unit. Without it, a unit is one second in a live capture, and in a savefile a width
/// that grows with the time span. Units also grow if all timelines together would need more than 4
/// million runs (64 MiB), or more than four of each of ViewBounds::max_hosts addresses if that is
/// larger. Tested in tests/unit/view/timeline_view_test.cc.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "synfin/stats/bounded_table.h"
#include "synfin/view/bounds.h"
#include "synfin/view/connected_time.h"
#include "synfin/view/locality.h"
#include "synfin/view/symbol_runs.h"
#include "synfin/view/view.h"

namespace synfin {

struct TimelineOptions {
  std::optional<Duration> unit;  ///< -t
  bool live = false;
  std::size_t max_runs = 0;  ///< of all timelines; 0: a bound that fits ViewBounds
};

/// How long a remote address was connected, of the time that the timeline covers.
struct AddressShare {
  Address address;
  double percent = 0;
};
struct AddressShares {
  std::vector<AddressShare> rows;  ///< of addresses that were connected, the longest first
  std::uint64_t replaced = 0;      ///< addresses that had to make room for others
};

class TimelineView : public View {
 public:
  /// `locality` must outlive it.
  TimelineView(const ViewBounds& bounds, const Locality& locality, const TimelineOptions& options);

  void observe(const ConnectionChange& change) override;
  std::span<const std::string_view> orders() const override;
  ViewPage page(const ViewRequest& request, Lookup& lookup) const override;

  /// The tables of a report: the ten addresses that were connected longest, and the latest 500 runs
  /// of each of the first `rows` addresses.
  std::vector<Table> report_tables(const ViewRequest& request, Lookup& lookup,
                                   std::size_t rows) const;

  /// The share of each address at `now`, as the tables of the report have it.
  AddressShares shares(Timestamp now) const;

  /// Notes this host's listening sockets, at most 1024 of them. Called after each query of the
  /// kernel.
  void note_listeners(const HostSockets& host, Timestamp now);

 private:
  static constexpr std::size_t kPorts = 3;

  struct AddressEntry {
    Address address;
    std::uint32_t weight = 0;
    std::array<std::uint32_t, kPhases> phases{};
    bool local = false;  ///< an end of the latest connection is local
    std::uint32_t connections = 0;
    std::uint32_t failed = 0;
    std::uint32_t runs = 0;  ///< number in runs_
    std::array<std::uint16_t, kPorts> ports{};
    bool more_ports = false;
    Outcome outcome = Outcome::Pending;
    Timestamp first{};
    Timestamp last{};
    Timestamp connected_since{};     ///< while connected()
    ConnectedTime connected_before;  ///< earlier times

    /// At least one connection is established: answered and not ended.
    bool connected() const;
    bool is(const Address& a) const { return address == a; }
    void note_port(std::uint16_t port);
  };
  struct KernelStates;  ///< states of this host's sockets by remote address
  /// The symbol columns of a page: `count` columns of `per` units each, starting at unit `begin`.
  struct TimeAxis {
    std::int64_t begin = 0;
    std::int64_t per = 1;
    std::size_t count = 0;
  };

  std::int64_t unit_of(Timestamp t) const;
  void keep_bounds(std::int64_t unit);
  void widen();
  AddressEntry& entry_of(const Address& remote, Timestamp first);
  std::optional<std::uint32_t> listener_runs(const Endpoint& local);
  void note(AddressEntry& entry, Symbol symbol, std::int64_t unit);
  /// A row whose symbols are formatted once the width of the other columns is known.
  struct SymbolRow {
    std::uint32_t runs = 0;
    Symbol after = Symbol::Nothing;
  };
  TimeAxis time_axis(const ViewRequest& request, const Table& table) const;
  std::string symbols(const SymbolRow& row, const TimeAxis& axis, const ViewRequest& request) const;
  std::string ports_text(const AddressEntry& entry, Lookup& lookup) const;
  std::string state_text(const AddressEntry& entry, const KernelStates& kernel) const;
  std::vector<Cell> row(const AddressEntry& entry, const KernelStates& kernel,
                        Lookup& lookup) const;
  void add_listeners(ViewPage& page, std::vector<SymbolRow>& symbols, const ViewRequest& request,
                     Lookup& lookup) const;
  std::string scale_text(const TimeAxis& axis, const ViewRequest& request) const;
  std::vector<std::uint32_t> most_active(const ViewRequest& request, std::size_t rows) const;
  Duration active(const AddressEntry& entry, Timestamp now) const;
  Duration runtime(Timestamp now) const;

  TupleHasher hash_;
  const Locality& locality_;
  TimelineOptions options_;
  BoundedTable<AddressEntry> entries_;
  SymbolRunStore runs_;
  std::map<Endpoint, std::uint32_t> listeners_;  ///< numbers in runs_
  std::optional<std::int64_t> listeners_unit_;   ///< unit of the latest note_listeners()
  std::int64_t unit_ns_;
  std::optional<std::int64_t> first_unit_;
  std::int64_t last_unit_ = 0;
  Timestamp start_{};
  Timestamp end_{};  ///< time of the latest packet
};

}  // namespace synfin
