/// \file
/// ViewSet: the views of a run, which observe the same events.
///
///     Event → OpenConnections → ConnectionChange → each View
///
/// Not thread-safe; the threads that feed and read it share a mutex.
/// Tested in tests/unit/view/screen_frame_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "synfin/view/bounds.h"
#include "synfin/view/clients_view.h"
#include "synfin/view/events_view.h"
#include "synfin/view/locality.h"
#include "synfin/view/netstat_view.h"
#include "synfin/view/timeline_view.h"
#include "synfin/view/view.h"

namespace synfin {

class Inventory;
class InventoryView;

/// In the order of the screen's tabs. None comes last because it has no tab.
enum class ViewKind : std::uint8_t {
  Events,
  Timeline,
  Endpoints,
  Clients,
  Services,
  Netstat,
  Summary,
  Processes,
  Inventory,
  None
};
inline constexpr std::size_t kViewKinds = 10;
inline constexpr std::size_t kTabs = kViewKinds - 1;

/// The value of --view: "events", …, "none".
std::string_view to_string(ViewKind kind);

struct ViewSetOptions {
  ViewBounds bounds;
  ClientCriteria client_criteria;
  TimelineOptions timeline;
  std::vector<Cidr> local_nets;
  std::vector<Address> own_addresses;  ///< this host's, in a live capture
};

class ViewSet {
 public:
  explicit ViewSet(ViewSetOptions options);

  /// Creates the view of that kind, if it is missing. Does nothing for Summary and None.
  void add(ViewKind kind);
  /// Null if add(kind) was not called.
  const View* view(ViewKind kind) const { return views_[static_cast<std::size_t>(kind)].get(); }

  /// Null if add() was not called for the kind.
  TimelineView* timeline() const { return timeline_; }
  NetstatView* netstat() const { return netstat_; }
  EventsView* events() const { return events_; }
  InventoryView* inventory() const { return inventory_; }

  /// Sets what the inventory view shows, if add() was called for it. REQUIRES: `inventory` outlives
  /// the last page.
  void set_inventory(const Inventory& inventory);

  /// Updates this host's addresses in a live capture.
  void set_own_addresses(const std::vector<Address>& own) {
    locality_ = Locality(options_.local_nets, own);
  }

  /// Passes an event to all views. If its connection is not `selected`, the views no longer show
  /// it.
  void observe(const Event& event, const Annotations& about, bool selected = true);
  /// False after an exception in observe(), which may have left a view half updated. From then on
  /// no view must be read.
  bool intact() const { return intact_; }

  /// Updates `traffic` from a snapshot of the tracker. Connections of which no event was observed
  /// are left out, because a filter hides them.
  void note_open(std::span<const ConnectionRecord> records, Timestamp at, OpenTraffic& traffic) {
    traffic.update(records, at, [this](const ConnectionRecord& r) {
      const std::optional<Phase> phase = connections_.phase_of(r.tuple, r.first);
      return phase && is_alive(*phase) ? phase : std::nullopt;
    });
  }

  /// The time of the latest event, which pages use as the current time.
  Timestamp now() const { return now_; }
  /// The time of the earliest packet of any connection.
  Timestamp since() const { return since_; }
  /// The number of connections observed.
  std::uint64_t begun() const { return totals_.begun; }
  /// The number of open connections: begun, and neither both FINs nor an RST seen (is_alive()).
  /// This is the figure that the screen's header, the summary and the headlines of views show.
  std::uint64_t open() const { return totals_.open; }
  /// Sets the time at which a live capture began, which views show as the start of counting.
  void set_start(Timestamp start);

 private:
  struct Connections {
    std::uint64_t begun = 0, open = 0;
  };

  ViewSetOptions options_;
  Locality locality_;
  OpenConnections connections_;
  std::array<std::unique_ptr<View>, kViewKinds> views_;
  TimelineView* timeline_ = nullptr;  ///< among views_
  NetstatView* netstat_ = nullptr;
  EventsView* events_ = nullptr;
  InventoryView* inventory_ = nullptr;
  Connections totals_;
  bool intact_ = true;
  Timestamp now_{};
  Timestamp since_{};
};

}  // namespace synfin
