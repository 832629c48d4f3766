/// \file
/// --view clients: the hosts that have connected to a port since the start, in the order of their
/// coming. Tested in tests/unit/view/clients_view_test.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "synfin/stats/bounded_table.h"
#include "synfin/view/bounds.h"
#include "synfin/view/view.h"

namespace synfin {

/// Which connections count.
struct ClientsOf {
  std::vector<std::uint16_t> ports;  ///< of the responder; empty: any
  std::vector<Address> hosts;        ///< responders; empty: any
  std::string host_name;             ///< as asked for; may be hostile

  bool includes(const Endpoint& responder) const;
};

class ClientsView : public View {
 public:
  ClientsView(const ViewBounds& bounds, ClientsOf of);

  void observe(const Change& change) override;
  std::span<const std::string_view> orders() const override;
  ViewPage page(const ViewRequest& request, Lookup& lookup) const override;

  /// Since when it has been counting; else since the first event.
  void set_start(Timestamp start) { start_ = start; }

 private:
  struct Entry {
    Address address;
    std::uint32_t weight = 0;
    std::uint32_t open = 0;
    std::uint32_t open_ever = 0;
    SmallOutcomes outcomes;
    std::uint64_t bytes = 0;
    Timestamp first{};
    Timestamp last{};

    bool is(const Address& a) const { return address == a; }
    /// An established or a midstream connection was seen.
    std::uint64_t connected() const {
      return outcomes.established() + outcomes.of(Outcome::Midstream);
    }
  };

  std::string headline(std::uint64_t connected, Zone zone) const;
  std::vector<Cell> row(const Entry& entry, const ViewRequest& request, Lookup& lookup) const;

  TupleHasher hash_;
  ClientsOf of_;
  BoundedTable<Entry> clients_;
  std::optional<Timestamp> start_;
};

}  // namespace synfin
