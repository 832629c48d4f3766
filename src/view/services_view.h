/// \file
/// ServicesView (--view services): the ports of responders, the outcomes of attempts on them, and
/// whether they are open, closed or silent. Tested in tests/unit/view/services_view_test.cc.
#pragma once

#include "synfin/stats/bounded_table.h"
#include "synfin/stats/distinct_set.h"
#include "synfin/stats/rtt_histogram.h"
#include "synfin/view/bounds.h"
#include "synfin/view/view.h"

namespace synfin {

/// The state of a port according to the latest evidence: a SYN-ACK (Open), an RST that answers a
/// SYN (Closed), no answer to repeated SYNs (Silent), or an ICMP error (Unreachable). A port that
/// has answered becomes Silent after two later attempts without an answer.
enum class ServiceState : std::uint8_t { Unknown, Open, Closed, Silent, Unreachable };
/// "open", "closed", "silent", "unreachable"; empty for Unknown.
std::string_view to_string(ServiceState state);

/// Counts a connection at its first event, and corrects the count at later events.
class ServicesView : public View {
 public:
  explicit ServicesView(const ViewBounds& bounds);

  void observe(const ConnectionChange& change) override;
  std::span<const std::string_view> orders() const override;
  ViewPage page(const ViewRequest& request, Lookup& lookup) const override;

 private:
  struct PortEntry {
    Address address;
    std::uint32_t weight = 0;
    std::uint16_t port = 0;
    ServiceState state = ServiceState::Unknown;
    std::uint32_t open = 0;             ///< connections that are open now
    std::uint32_t clients = 0;          ///< distinct originators
    std::uint32_t silent_attempts = 0;  ///< without an answer, since the last one
    std::uint32_t silent_syns = 0;      ///< of these attempts
    SmallOutcomes outcomes;
    RttSamples rtt;
    Timestamp first{};
    Timestamp last{};
    Timestamp last_answer = Timestamp::min();

    void prove(ServiceState proven, const Event& event);
    bool is(const Endpoint& e) const { return port == e.port && address == e.address; }
  };

  PortEntry& entry_of(const ConnectionChange& change, const TupleHashes& hashes);
  std::vector<Cell> row(const PortEntry& entry, const ViewRequest& request, Lookup& lookup) const;

  TupleHasher hash_;
  BoundedTable<PortEntry> services_;
  DistinctSet clients_;
  RttPool rtts_;
};

}  // namespace synfin
