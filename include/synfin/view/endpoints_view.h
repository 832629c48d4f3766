/// \file
/// --view endpoints: who talks to whom, inbound, outbound, looping and in transit, with the number
/// of connections in each TCP state now and of all since the start.
///
///     198.51.100.1:80  <--  192.0.2.1        ESTABLISHED 2, CLOSED 7
///
/// A connection over loopback is one connection. Live, the states of this host's own connections
/// are the kernel's; all else is what packets prove. Tested in
/// tests/unit/view/endpoints_view_test.cc.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "synfin/report/bounded_table.h"
#include "synfin/view/bounds.h"
#include "synfin/view/locality.h"
#include "synfin/view/text_pool.h"
#include "synfin/view/view.h"

namespace synfin {

class EndpointsView : public View {
 public:
  /// `locality` must outlive it.
  EndpointsView(const ViewBounds& bounds, const Locality& locality);

  void observe(const Change& change) override;
  std::span<const std::string_view> orders() const override;
  ViewPage page(const ViewRequest& request, Lookup& lookup) const override;

 private:
  struct Key {
    const Address& orig;
    const Address& resp;
    std::uint16_t port;
  };
  struct Entry {
    Address orig;
    Address resp;
    std::uint16_t port = 0;
    std::uint32_t weight = 0;
    std::uint32_t process = 0;  ///< in processes_
    std::array<std::uint32_t, kPhases> phases{};
    SmallOutcomes outcomes;
    Timestamp last{};

    bool is(const Key& k) const { return port == k.port && resp == k.resp && orig == k.orig; }
  };
  /// What the kernel says of a pair, or else the packets.
  struct Row;
  using Rows = std::vector<Row>;

  Rows rows(const ViewRequest& request) const;
  void add_kernel(Rows& rows, const HostSockets& host) const;
  void note_process(Entry& entry, const Annotations& about);
  std::vector<Cell> cells(const Row& row, const ViewRequest& request, Lookup& lookup) const;
  void fill(ViewPage& page, const Rows& rows, const std::vector<std::uint32_t>& shown,
            const ViewRequest& request, Lookup& lookup) const;

  TupleHasher hash_;
  const Locality& locality_;
  BoundedTable<Entry> pairs_;
  TextPool processes_;
};

}  // namespace synfin
