/// \file
/// ViewSet: the views that a run wants, fed together.
///
///     Event → OpenConnections → Change → each View
///
/// Not thread-safe: whoever feeds it and whoever asks for pages take turns.
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

/// In the order of the screen's tabs, from 1. None stands last, for it has no tab.
enum class ViewKind : std::uint8_t {
  Events,
  Timeline,
  Endpoints,
  Clients,
  Services,
  Netstat,
  Summary,
  Processes,
  None
};
inline constexpr std::size_t kViewKinds = 9;

/// "events", …, "none": as --view has them.
std::string_view to_string(ViewKind kind);

struct ViewSetOptions {
  ViewBounds bounds;
  ClientsOf clients_of;
  TimelineOptions timeline;
  std::vector<Cidr> local_nets;
  std::vector<Address> own_addresses;  ///< of this host, where the capture is live
};

class ViewSet {
 public:
  explicit ViewSet(ViewSetOptions options);

  /// Makes a view of that kind, if there is none and it is one that counts.
  void add(ViewKind kind);
  /// Null where there is none.
  const View* view(ViewKind kind) const { return views_[static_cast<std::size_t>(kind)].get(); }

  /// Null where there is none.
  TimelineView* timeline() const { return timeline_; }
  NetstatView* netstat() const { return netstat_; }
  EventsView* events() const { return events_; }

  /// Live: what belongs to this host, whenever it changes.
  void set_own_addresses(const std::vector<Address>& own) {
    locality_ = Locality(options_.local_nets, own);
  }

  /// A connection that is not `selected` is taken out of what the views show now.
  void observe(const Event& event, const Annotations& about, bool selected = true);

  /// What is open according to the tracker; events say what of it is to be shown.
  void note_open(std::span<const ConnectionRecord> records, Timestamp at, OpenTraffic& traffic) {
    traffic.update(records, at, [this](const ConnectionRecord& r) {
      const std::optional<Phase> phase = connections_.phase_of(r.tuple, r.first);
      return phase && is_alive(*phase) ? phase : std::nullopt;
    });
  }

  /// Of the latest event: what a page takes for now.
  Timestamp now() const { return now_; }
  /// Of the earliest packet of any connection.
  Timestamp since() const { return since_; }
  /// Connections seen so far.
  std::uint64_t begun() const { return begun_; }

 private:
  ViewSetOptions options_;
  Locality locality_;
  OpenConnections connections_;
  std::array<std::unique_ptr<View>, kViewKinds> views_;
  TimelineView* timeline_ = nullptr;  ///< among views_
  NetstatView* netstat_ = nullptr;
  EventsView* events_ = nullptr;
  std::uint64_t begun_ = 0;
  Timestamp now_{};
  Timestamp since_{};
};

}  // namespace synfin
