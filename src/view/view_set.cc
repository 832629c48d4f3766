// See view_set.h.
#include "synfin/view/view_set.h"

#include <algorithm>
#include <utility>

#include "synfin/view/services_view.h"

namespace synfin {

std::string_view to_string(ViewKind kind) {
  static constexpr std::array<std::string_view, kViewKinds> kNames{
      "events", "timeline", "endpoints", "clients", "services", "netstat", "summary", "none"};
  return kNames[static_cast<std::size_t>(kind)];
}

ViewSet::ViewSet(ViewSetOptions options)
    : options_(std::move(options)), connections_(options_.bounds.seed) {}

void ViewSet::add(ViewKind kind) {
  std::unique_ptr<View>& view = views_[static_cast<std::size_t>(kind)];
  if (view) return;
  if (kind == ViewKind::Clients) {
    view = std::make_unique<ClientsView>(options_.bounds, options_.clients_of);
  } else if (kind == ViewKind::Services) {
    view = std::make_unique<ServicesView>(options_.bounds);
  }
}

void ViewSet::observe(const Event& event, const Annotations& about) {
  now_ = std::max(now_, event.time);
  connections_.apply(event, about, [this](const Change& change) {
    for (const auto& view : views_) {
      if (view) view->observe(change);
    }
  });
}

}  // namespace synfin
