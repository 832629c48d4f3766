// See geo_totals.h.
#include "report/geo_totals.h"

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace synfin {
namespace {

void count(GeoRow& total, const AddressEntry& h) {
  ++total.hosts;
  total.as_orig += h.as_orig;
  total.as_resp += h.as_resp;
  total.failed += std::uint64_t{h.failed_as_orig} + h.failed_as_resp -
                  std::min(h.failed_as_resp, h.failed_with_itself);
  total.bytes_sent += h.bytes_sent;
  total.bytes_received += h.bytes_received;
}

template <typename Key>
Ranked<GeoRow> ranked(std::unordered_map<Key, GeoRow>&& totals, std::size_t top) {
  Ranked<GeoRow> rows;
  for (auto& [key, total] : totals) rows.rows.push_back(std::move(total));
  rows.of = rows.rows.size();
  const auto order = [](const GeoRow& p) {
    return std::tuple(~p.connections(), ~p.bytes_sent, p.asn, std::string_view{p.country});
  };
  std::sort(rows.rows.begin(), rows.rows.end(),
            [&](const GeoRow& a, const GeoRow& b) { return order(a) < order(b); });
  if (top != 0 && rows.rows.size() > top) rows.rows.resize(top);
  return rows;
}

}  // namespace

void add_geo_totals(SummaryData& data, std::span<const AddressEntry> hosts, AddressBook& book,
                    std::size_t top) {
  if (!book.geoip().enabled()) return;
  // In the order of addresses, a database's look-ups find the tree of the last one in the cache.
  std::vector<const AddressEntry*> sorted;
  sorted.reserve(hosts.size());
  for (const AddressEntry& h : hosts) sorted.push_back(&h);
  std::sort(sorted.begin(), sorted.end(),
            [](const AddressEntry* a, const AddressEntry* b) { return a->address < b->address; });
  std::unordered_map<std::string_view, GeoRow> countries;
  std::unordered_map<std::uint32_t, GeoRow> networks;
  for (const AddressEntry* h : sorted) {
    const GeoInfo about = book.geoip().look_up(h->address);
    const std::string_view country = about.country.view();
    if (!country.empty()) {
      GeoRow& row = countries[country];
      row.country = country;
      count(row, *h);
    }
    if (about.asn != 0) {
      GeoRow& row = networks[about.asn];
      row.asn = about.asn;
      if (row.as_org.empty()) row.as_org = about.as_org;
      count(row, *h);
    }
  }
  data.countries = ranked(std::move(countries), top);
  data.networks = ranked(std::move(networks), top);
}

}  // namespace synfin
