// Names, countries and networks: the columns beside addresses, and the tables of countries and
// networks. See document.h.
#include <fmt/format.h>

#include <utility>

#include "synfin/report/document.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

Cell network_cell(std::uint32_t asn, std::string_view org) {
  if (asn == 0) return {};
  std::string text = fmt::format("AS{}", asn);
  if (!org.empty()) text += fmt::format(" {}", org);
  return text_cell(text, Tone::Dim);
}

void insert_column(Table& table, std::size_t at, Column column, std::vector<Cell> cells) {
  table.columns.insert(table.columns.begin() + static_cast<std::ptrdiff_t>(at), std::move(column));
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    table.rows[row].insert(table.rows[row].begin() + static_cast<std::ptrdiff_t>(at),
                           std::move(cells[row]));
  }
}

std::string title_of(std::string_view what, const Ranked<GeoRow>& ranked, bool approximate) {
  if (ranked.rows.size() == ranked.of) return std::string{what};
  return fmt::format("{} ({} of {}{})", what, with_separators(ranked.rows.size()),
                     approximate ? "more than " : "", with_separators(ranked.of));
}

/// Appends the columns that both tables share.
void append_counts(Table& t, const Ranked<GeoRow>& ranked) {
  for (Column column :
       {Column{"hosts", "Hosts", Align::Right}, Column{"as_originator", "Began", Align::Right},
        Column{"as_responder", "As responder", Align::Right},
        Column{"failed", "Failed", Align::Right, 1}, Column{"bytes_sent", "Sent", Align::Right},
        Column{"bytes_received", "Received", Align::Right}}) {
    t.columns.push_back(std::move(column));
  }
  for (std::size_t i = 0; i < ranked.rows.size(); ++i) {
    const GeoRow& p = ranked.rows[i];
    for (Cell cell :
         {count_cell(p.hosts), sparse_cell(p.as_orig), sparse_cell(p.as_resp),
          sparse_cell(p.failed), size_cell(p.bytes_sent), size_cell(p.bytes_received)}) {
      t.rows[i].push_back(std::move(cell));
    }
  }
}

Table countries_table(const SummaryData& d) {
  Table t{.key = "countries",
          .title = title_of("Countries", d.countries, d.approximate.hosts),
          .note = {},
          .columns = {{"country", "Country", Align::Left}},
          .rows = {}};
  for (const GeoRow& p : d.countries.rows) t.rows.push_back({text_cell(p.country)});
  append_counts(t, d.countries);
  return t;
}

Table networks_table(const SummaryData& d) {
  Table t{.key = "networks",
          .title = title_of("Networks", d.networks, d.approximate.hosts),
          .note = {},
          .columns = {{"asn", "Network", Align::Left}, {"as_org", "Owner", Align::Left, 0, true}},
          .rows = {}};
  for (const GeoRow& p : d.networks.rows) {
    t.rows.push_back({{fmt::format("AS{}", p.asn), std::to_string(p.asn)}, text_cell(p.as_org)});
  }
  append_counts(t, d.networks);
  return t;
}

}  // namespace

std::size_t insert_geo_info(Table& table, std::size_t at, std::string_view prefix,
                            const std::vector<Address>& addresses, AddressBook* book) {
  if (!book) return 0;
  std::vector<Cell> names, countries, networks;
  bool any_name = false, any_country = false, any_network = false;
  for (const Address& address : addresses) {
    const EndpointAnnotations about = book->about(address);
    any_name |= !about.name.empty();
    any_country |= !about.country.empty();
    any_network |= about.asn != 0;
    names.push_back(host_name_cell(about));
    countries.push_back(text_cell(about.country, Tone::Dim));
    networks.push_back(network_cell(about.asn, about.as_org));
  }
  const auto key = [&](std::string_view word) { return std::string{prefix} + std::string{word}; };
  if (any_network) {
    insert_column(table, at, {key("network"), "Network", Align::Left, 4, true},
                  std::move(networks));
  }
  if (any_country) {
    insert_column(table, at, {key("country"), "CC", Align::Left, 2}, std::move(countries));
  }
  if (any_name) {
    insert_column(table, at, {key("hostname"), "Name", Align::Left, 3, true}, std::move(names));
  }
  return std::size_t{any_network} + std::size_t{any_country} + std::size_t{any_name};
}

void describe_geo_tables(Document& document, const SummaryData& data) {
  document.tables.push_back(countries_table(data));
  document.tables.push_back(networks_table(data));
}

void describe_attributions(Document& document, const RenderOptions& options) {
  if (!options.book) return;
  for (const std::string& line : options.book->geoip().attributions()) {
    document.tables.push_back({.key = "attribution",
                               .title = {},
                               .note = line,
                               .note_tone = Tone::Dim,
                               .columns = {},
                               .rows = {}});
  }
}

}  // namespace synfin
