// See view_set.h.
#include "synfin/view/view_set.h"

#include <algorithm>
#include <utility>

#include "view/endpoints_view.h"
#include "view/inventory_view.h"
#include "view/processes_view.h"
#include "view/services_view.h"

namespace synfin {

std::string_view to_string(ViewKind kind) {
  static constexpr std::array<std::string_view, kViewKinds> kNames{
      "events",  "timeline", "endpoints", "clients",   "services",
      "netstat", "summary",  "processes", "inventory", "none"};
  return kNames[static_cast<std::size_t>(kind)];
}

ViewSet::ViewSet(ViewSetOptions options)
    : options_(std::move(options)),
      locality_(options_.local_nets, options_.own_addresses),
      connections_(options_.bounds.seed) {}

void ViewSet::add(ViewKind kind) {
  std::unique_ptr<View>& view = views_[static_cast<std::size_t>(kind)];
  if (view) return;
  switch (kind) {
    case ViewKind::Timeline: {
      auto timeline = std::make_unique<TimelineView>(options_.bounds, locality_, options_.timeline);
      timeline_ = timeline.get();
      view = std::move(timeline);
      break;
    }
    case ViewKind::Events: {
      auto events = std::make_unique<EventsView>();
      events_ = events.get();
      view = std::move(events);
      break;
    }
    case ViewKind::Endpoints:
      view = std::make_unique<EndpointsView>(options_.bounds, locality_);
      break;
    case ViewKind::Clients:
      view = std::make_unique<ClientsView>(options_.bounds, options_.client_criteria);
      break;
    case ViewKind::Processes:
      view = std::make_unique<ProcessesView>();
      break;
    case ViewKind::Services:
      view = std::make_unique<ServicesView>(options_.bounds);
      break;
    case ViewKind::Netstat: {
      auto netstat = std::make_unique<NetstatView>(options_.bounds, locality_);
      netstat_ = netstat.get();
      view = std::move(netstat);
      break;
    }
    case ViewKind::Inventory: {
      auto inventory = std::make_unique<InventoryView>();
      inventory_ = inventory.get();
      view = std::move(inventory);
      break;
    }
    default:
      break;
  }
}

void ViewSet::set_inventory(const Inventory& inventory) {
  if (inventory_ != nullptr) inventory_->set_inventory(inventory);
}

void ViewSet::set_start(Timestamp start) {
  since_ = start;
  if (auto* clients =
          dynamic_cast<ClientsView*>(views_[static_cast<std::size_t>(ViewKind::Clients)].get()))
    clients->set_start(start);
}

void ViewSet::observe(const Event& event, const Annotations& about, bool selected) {
  if (since_ == Timestamp{} || event.connection.first < since_) since_ = event.connection.first;
  // A timer's deadline may lie beyond the last packet.
  if (event.kind != EventKind::Record) now_ = std::max(now_, event.time);
  now_ = std::max(now_, event.connection.last);
  intact_ = false;
  const auto take = [this](const ConnectionChange& change) {
    totals_.begun += change.is_new();
    totals_.open += change.opens();
    totals_.open -= change.ends();
    for (const auto& view : views_) {
      if (view) view->observe(change);
    }
  };
  selected ? connections_.apply(event, about, take) : connections_.withdraw(event, about, take);
  intact_ = true;
}

}  // namespace synfin
