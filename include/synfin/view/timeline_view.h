/// \file
/// --view timeline: a row for each remote address, a symbol for each unit of time.
///
///     ▲ a connection began   ■ one is open   ○ we listen   × one ended   · nothing
///
/// A unit is what -t says; else a second, and for captures a width that grows with them. Units grow
/// also when the timelines of all addresses would take more than 4 million runs (64 MiB). Tested in
/// tests/unit/view/timeline_view_test.cc.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "synfin/stats/bounded_table.h"
#include "synfin/view/bounds.h"
#include "synfin/view/locality.h"
#include "synfin/view/symbol_runs.h"
#include "synfin/view/view.h"

namespace synfin {

struct TimelineOptions {
  std::optional<Duration> unit;  ///< -t
  bool live = false;
};

class TimelineView : public View {
 public:
  /// `locality` must outlive it.
  TimelineView(const ViewBounds& bounds, const Locality& locality, const TimelineOptions& options);

  void observe(const Change& change) override;
  std::span<const std::string_view> orders() const override;
  ViewPage page(const ViewRequest& request, Lookup& lookup) const override;

  /// For a report: each address's whole timeline as runs, its statistics, and the ten that were
  /// active longest.
  std::vector<Table> report_tables(const ViewRequest& request, Lookup& lookup,
                                   std::size_t rows) const;

  /// The sockets of ours that listen, a bounded number of them. Called as often as the kernel is
  /// asked.
  void note_listeners(const HostSockets& host, Timestamp now);

 private:
  static constexpr std::size_t kPorts = 3;

  struct Entry {
    Address address;
    std::uint32_t weight = 0;
    std::uint32_t open = 0;
    std::uint32_t asking = 0;  ///< of these, not established yet
    std::uint32_t connections = 0;
    std::uint32_t failed = 0;
    std::uint32_t runs = 0;  ///< in runs_
    std::array<std::uint16_t, kPorts> ports{};
    bool more_ports = false;
    Outcome outcome = Outcome::Pending;
    Timestamp first{};
    Timestamp last{};

    bool is(const Address& a) const { return address == a; }
    void note_port(std::uint16_t port);
  };
  /// The columns of a page: `count` of them, `per` units each, the first from unit `begin`.
  struct Columns {
    std::int64_t begin = 0;
    std::int64_t per = 1;
    std::size_t count = 0;
  };

  std::int64_t unit_of(Timestamp t) const;
  void keep_bounds(std::int64_t unit);
  void widen();
  Entry& entry_of(const Address& remote, Timestamp first);
  SymbolRuns* listener_runs(const Endpoint& local);
  void note(Entry& entry, Symbol symbol, std::int64_t unit);
  Columns columns(const ViewRequest& request) const;
  std::string symbols(const SymbolRuns& runs, const Columns& columns, Symbol after,
                      const ViewRequest& request) const;
  std::string ports_text(const Entry& entry, Lookup& lookup) const;
  std::string state_text(const Entry& entry) const;
  std::vector<Cell> row(const Entry& entry, const Columns& columns, const ViewRequest& request,
                        Lookup& lookup) const;
  void add_listeners(ViewPage& page, const Columns& columns, const ViewRequest& request,
                     Lookup& lookup) const;
  std::string scale_text(const Columns& columns, const ViewRequest& request) const;
  std::vector<std::uint32_t> most_active(const ViewRequest& request, std::size_t rows) const;
  Duration active(const Entry& entry, Timestamp now) const;

  TupleHasher hash_;
  const Locality& locality_;
  TimelineOptions options_;
  BoundedTable<Entry> entries_;
  std::vector<SymbolRuns> runs_;
  std::vector<std::uint32_t> free_runs_;
  std::map<Endpoint, SymbolRuns> listeners_;
  std::optional<std::int64_t> asked_unit_;  ///< when listeners were last told
  std::int64_t unit_ns_;
  std::size_t total_runs_ = 0;
  std::optional<std::int64_t> first_unit_;
  std::int64_t last_unit_ = 0;
  Timestamp start_{};
};

}  // namespace synfin
