// See service_counts.h.
#include "metrics/service_counts.h"

#include <algorithm>
#include <utility>

#include "synfin/base/seed.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

constexpr std::size_t kCandidates = 1024;

}  // namespace

ServiceCounts::ServiceCounts(PortNames names)
    : candidates_(kCandidates), hasher_(random_seed()), names_(std::move(names)) {}

ServiceCounts::Place* ServiceCounts::find(const Endpoint& service) {
  for (std::size_t i = 0; i < used_; ++i) {
    if (places_[i].service == service) return &places_[i];
  }
  return nullptr;
}

void ServiceCounts::add_established(const Endpoint& service) {
  if (Place* place = find(service)) {
    ++place->weight;
    place->established.add(1);
    return;
  }
  other_established_.add(1);
  const auto hash =
      static_cast<std::uint32_t>(hasher_({.orig = {}, .resp = service}).service >> 32);
  Candidate* candidate = candidates_.find(service, hash);
  if (candidate == nullptr) {
    candidate = &candidates_.add(hash, [](Candidate&) {});
    candidate->service = service;
  }
  if (++candidate->weight % kMinWeight != 0) return;
  if (give_place(service, candidate->weight)) candidate->weight = 0;
}

void ServiceCounts::add_failed(const Endpoint& service) {
  Place* const place = find(service);
  (place != nullptr ? place->failed : other_failed_).add(1);
}

bool ServiceCounts::give_place(const Endpoint& service, std::uint32_t weight) {
  Place* place = used_ < kListed ? &places_[used_] : nullptr;
  if (place == nullptr) {
    place = std::min_element(places_.begin(), places_.end(),
                             [](const Place& a, const Place& b) { return a.weight < b.weight; });
    if (weight < 2 * place->weight) return false;
  }
  const std::string_view name = names_.name(service.port);
  const std::lock_guard lock(mutex_);
  place->established.reset();
  place->failed.reset();
  place->service = service;
  place->weight = weight;
  place->label = endpoint_text(service);
  place->name = name;
  used_ = std::min(used_ + 1, kListed);
  return true;
}

std::vector<ServiceCounts::Row> ServiceCounts::rows() const {
  const std::lock_guard lock(mutex_);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < used_; ++i) {
    const Place& place = places_[i];
    rows.push_back({place.label, place.name, place.established.get(), place.failed.get()});
  }
  rows.push_back({"other", "", other_established_.get(), other_failed_.get()});
  return rows;
}

}  // namespace synfin
