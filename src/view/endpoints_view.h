/// \file
/// EndpointsView (--view endpoints): pairs of endpoints, grouped by direction, with the number of
/// connections in each TCP state, now and since the start.
///
///     198.51.100.1:80  <--  192.0.2.1        ESTABLISHED 2, TIME_WAIT 1
///
/// A connection over loopback counts once. In a live capture, the states of this host's connections
/// come from the kernel; all other states are those that packets prove. Which connections are open
/// is always what the packets show, because the kernel's list is up to a second old.
/// Tested in tests/unit/view/endpoints_view_test.cc.
#pragma once

#include <array>
#include <set>
#include <string>
#include <vector>

#include "synfin/stats/bounded_table.h"
#include "synfin/view/bounds.h"
#include "synfin/view/locality.h"
#include "synfin/view/text_pool.h"
#include "synfin/view/view.h"
#include "view/endpoint_rows.h"
#include "view/recent_connections.h"
#include "view/row_text.h"

namespace synfin {

class EndpointsView : public View {
 public:
  /// `locality` must outlive it.
  EndpointsView(const ViewBounds& bounds, const Locality& locality);

  void observe(const ConnectionChange& change) override;
  std::span<const std::string_view> orders() const override;
  ViewPage page(const ViewRequest& request, Lookup& lookup) const override;

 private:
  struct BriefTraffic {
    std::uint64_t bytes = 0;
    std::uint64_t rate = 0;
  };
  struct PairEntry {
    EndpointPair pair;
    std::uint32_t weight = 0;
    std::uint32_t process = 0;  ///< number in processes_
    bool inbound = false;       ///< the responder is local
    PhaseCounts phases{};       ///< at the local end; between other hosts, at the originator's
    std::array<std::uint32_t, kPhases> seen{};  ///< connections that have been in each phase
    SmallOutcomes outcomes;
    std::uint64_t sent = 0;  ///< by originators, in connections that have ended
    std::uint64_t received = 0;
    Timestamp last{};
    /// Connections that began and ended between two lists of sockets: bytes since the latest list,
    /// and bytes per second between the two latest ones.
    BriefTraffic brief_sent;
    BriefTraffic brief_received;

    bool is(const EndpointPair& p) const { return pair == p; }
  };
  /// The times of the two latest lists of sockets, and the highest total rates so far.
  struct Sampling {
    Timestamp latest{};
    Timestamp previous{};
    std::uint64_t peak_out = 0;
    std::uint64_t peak_in = 0;
  };
  struct PairRow;
  using Rows = std::vector<PairRow>;
  struct PageRow;

  PairEntry& entry_of(const FiveTuple& tuple);
  Rows rows(const ViewRequest& request) const;
  PairRow* row_of(Rows& rows, std::map<EndpointPair, std::size_t>& more, const EndpointPair& pair,
                  bool make) const;
  using Listed = std::set<ConnectionKey>;
  void add_kernel(Rows& rows, Listed& listed, const ViewRequest& request) const;
  void add_traffic(Rows& rows, const Listed& listed, const ViewRequest& request) const;
  bool keep_left_open(const ConnectionRecord& record, Phase phase);
  void note_process(PairEntry& entry, const Annotations& about);
  std::vector<PageRow> select_page(const Rows& rows, const ViewRequest& request, ViewPage& page,
                                   Lookup& lookup) const;
  std::vector<Cell> cells(const PairRow& row, const ViewRequest& request, Lookup& lookup) const;
  void fill(ViewPage& page, const Rows& rows, const std::vector<PageRow>& page_rows,
            const ViewRequest& request, Lookup& lookup) const;
  void fill_row(RowText& out, const PairRow& row, Lookup& lookup) const;
  void count_brief(PairEntry& entry, const ConnectionRecord& record) const;
  void sample(const ViewRequest& request) const;
  struct Totals;
  Totals totals_of(const Rows& rows) const;
  static std::string rates_text(const Totals& totals);
  std::string traffic_note(const Totals& totals) const;
  std::string note(const Rows& rows, const ViewRequest& request) const;

  TupleHasher hash_;
  const Locality& locality_;
  mutable BoundedTable<PairEntry> pairs_;  ///< mutable for its find()
  TextPool processes_;
  std::uint64_t open_ = 0;                 ///< open connections, as ViewSet::open()
  std::vector<OpenConnection> left_open_;  ///< open when the input ended; at most kMaxLeftOpen
  mutable Sampling sampling_;
  mutable RecentConnections recent_;  ///< only in a live capture
};

}  // namespace synfin
