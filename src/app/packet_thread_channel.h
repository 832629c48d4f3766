/// \file
/// PacketThreadChannel: all that the packet thread exchanges with the other threads of a run.
///
///     events:   packet thread → output thread    (live; BoundedRing)
///     gauges:   packet thread → any thread
///     requests: any thread → packet thread       (what the kernel knows about connections)
///     snapshot: views ⇄ packet thread            (the open connections)
///     stored:   store ⇄ packet thread            (the same)
///
/// It belongs to the run, not to a stage, so that no stage holds a reference to one downstream.
#pragma once

#include <optional>

#include "synfin/base/bounded_ring.h"
#include "synfin/base/gauges.h"
#include "synfin/base/link_neighbors.h"
#include "synfin/track/event_buffer.h"
#include "synfin/track/table_requests.h"
#include "synfin/track/table_snapshot.h"

namespace synfin {

using EventRing = BoundedRing<EventBuffer>;

struct PacketThreadChannel {
  Gauges gauges;
  std::optional<LinkNeighbors> neighbors;  ///< for the inventory; none if it does not use them
  TableRequests requests;
  TableSnapshot snapshot;           ///< for the views
  TableSnapshot stored;             ///< for the store
  std::optional<EventRing> events;  ///< set while a LivePipeline exists
};

}  // namespace synfin
