/// \file
/// ClientsView (--view clients): the hosts that have connected to a port since the start, ordered
/// by their first connection. Tested in tests/unit/view/clients_view_test.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "synfin/stats/bounded_table.h"
#include "synfin/view/bounds.h"
#include "synfin/view/view.h"

namespace synfin {

/// Selects the connections that are counted, by their responder.
struct ClientCriteria {
  std::vector<std::uint16_t> ports;  ///< responder ports; empty selects all
  std::vector<Address> hosts;        ///< responders; empty selects all
  std::string host_name;             ///< as the user wrote it; hostile text

  bool includes(const Endpoint& responder) const;
};

class ClientsView : public View {
 public:
  ClientsView(const ViewBounds& bounds, ClientCriteria of);

  void observe(const ConnectionChange& change) override;
  std::span<const std::string_view> orders() const override;
  ViewPage page(const ViewRequest& request, Lookup& lookup) const override;

  /// Sets the time that the headline shows as the start of counting. Without it, the headline shows
  /// the time of the first event.
  void set_start(Timestamp start) {
    start_ = start;
    start_is_given_ = true;
  }

 private:
  struct ClientEntry {
    Address address;
    std::uint32_t weight = 0;
    std::uint32_t open = 0;
    SmallOutcomes outcomes;
    std::uint64_t bytes = 0;
    Timestamp first{};
    Timestamp last{};

    bool is(const Address& a) const { return address == a; }
    /// Established connections, including those whose handshake was not captured.
    std::uint64_t connected() const {
      return outcomes.established() + outcomes.of(Outcome::Midstream);
    }
  };

  std::string headline(std::uint64_t connected, Zone zone) const;
  std::vector<Cell> row(const ClientEntry& entry, const ViewRequest& request, Lookup& lookup) const;

  TupleHasher hash_;
  ClientCriteria of_;
  BoundedTable<ClientEntry> clients_;
  std::optional<Timestamp> start_;
  bool start_is_given_ = false;
};

}  // namespace synfin
