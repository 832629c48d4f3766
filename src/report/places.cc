// See places.h.
#include "report/places.h"

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace synfin {
namespace {

void count(PlaceRow& place, const HostEntry& h) {
  ++place.hosts;
  place.as_orig += h.as_orig;
  place.as_resp += h.as_resp;
  place.failed += std::uint64_t{h.failed_as_orig} + h.failed_as_resp;
  place.bytes_sent += h.bytes_sent;
  place.bytes_received += h.bytes_received;
}

template <typename Key>
Ranked<PlaceRow> ranked(std::unordered_map<Key, PlaceRow>&& places, std::size_t top) {
  Ranked<PlaceRow> rows;
  for (auto& [key, place] : places) rows.rows.push_back(std::move(place));
  rows.of = rows.rows.size();
  const auto order = [](const PlaceRow& p) {
    return std::tuple(~p.connections(), ~p.bytes_sent, p.asn, std::string_view{p.country});
  };
  std::sort(rows.rows.begin(), rows.rows.end(),
            [&](const PlaceRow& a, const PlaceRow& b) { return order(a) < order(b); });
  if (top != 0 && rows.rows.size() > top) rows.rows.resize(top);
  return rows;
}

}  // namespace

void add_places(SummaryData& data, std::span<const HostEntry> hosts, AddressBook& book,
                std::size_t top) {
  if (!book.geoip().enabled()) return;
  // In the order of addresses, a database's look-ups find the tree of the last one in the cache.
  std::vector<const HostEntry*> sorted;
  sorted.reserve(hosts.size());
  for (const HostEntry& h : hosts) sorted.push_back(&h);
  std::sort(sorted.begin(), sorted.end(),
            [](const HostEntry* a, const HostEntry* b) { return a->address < b->address; });
  std::unordered_map<std::string_view, PlaceRow> countries;
  std::unordered_map<std::uint32_t, PlaceRow> networks;
  for (const HostEntry* h : sorted) {
    const GeoInfo about = book.geoip().look_up(h->address);
    const std::string_view country = about.country.view();
    if (!country.empty()) {
      PlaceRow& row = countries[country];
      row.country = country;
      count(row, *h);
    }
    if (about.asn != 0) {
      PlaceRow& row = networks[about.asn];
      row.asn = about.asn;
      if (row.as_org.empty()) row.as_org = about.as_org;
      count(row, *h);
    }
  }
  data.countries = ranked(std::move(countries), top);
  data.networks = ranked(std::move(networks), top);
}

}  // namespace synfin
