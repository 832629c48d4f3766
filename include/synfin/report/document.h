/// \file
/// Document: a report as tables of cells, independent of the output format (text, HTML, Markdown,
/// CSV).
///
/// Cells hold unescaped text; each renderer escapes for its own format.
/// Tested in tests/unit/report/document_test.cc.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/capture_info.h"
#include "synfin/enrich/annotations.h"
#include "synfin/report/json_writer.h"
#include "synfin/report/render.h"
#include "synfin/report/summary_data.h"

namespace synfin {

enum class Align : unsigned char { Left, Right };
enum class Tone : unsigned char {
  Plain,
  Strong,
  Dim,
  Good,
  Bad,
  Accent,
  Listening,  ///< a listening socket: yellow
  Symbols,    ///< a timeline, in which TextTable gives each symbol its own tone
};

struct Cell {
  std::string text;  ///< formatted: "1.2 MiB"
  std::string raw;   ///< for CSV and JSON: "1258291"
  Tone tone = Tone::Plain;
};

struct Column {
  std::string key;         ///< for CSV and JSON
  std::string_view title;  ///< column head; empty in a list of properties
  Align align = Align::Left;
  /// Narrow output drops the highest ranks first; 0 only on a screen that would cut the lines, and
  /// a negative rank never.
  int rank = 0;
  bool shrinks = false;        ///< cells may be shortened in the middle
  bool by_end = false;         ///< cells are shortened at the end instead
  std::size_t min_width = 12;  ///< cells are not shortened further to avoid dropping a column
  bool joined = false;         ///< is dropped only with the column before it, as "In" with "Out"
  bool is_number = false;      ///< JSON has numbers, as in columns that are aligned to the right
  bool is_list = false;        ///< cells are shortened behind an item of "80, 443", not within one
};

struct Table {
  std::string_view key;
  std::string title;  ///< empty if the table continues the previous one
  std::string note;   ///< a line below the title
  Tone note_tone = Tone::Dim;
  std::vector<Column> columns;  ///< a table without any column title is printed without a head
  std::vector<std::vector<Cell>> rows;
  /// Keys of the columns by whose sum or value rows are sorted; empty = unmarked. Static storage.
  std::span<const std::string_view> sort_keys{};
  bool sort_descending = false;  ///< the largest value comes first
};

struct Document {
  std::string title;
  std::vector<Table> tables;  ///< each has rows or a note
};

/// The whole report. It shows all rows of `data`.
Document describe_report(const CaptureInfo& capture, const SummaryData& data, PortNames& ports,
                         const RenderOptions& options);

/// Parts of a report: failing pairs, scanners and floods; services, hosts and the rest.
void describe_problems(Document& document, const SummaryData& data, PortNames& ports,
                       const RenderOptions& options);
void describe_tables(Document& document, const SummaryData& data, PortNames& ports,
                     const RenderOptions& options);

/// "12 connections, 75% of attempts established; 1.2 KiB sent, 3 B received."
std::string connections_text(const CaptureInfo& capture, const Totals& totals);
/// Leaves the cells of byte counts empty, because the counts are unknown.
void clear_byte_counts(Document& document);

/// What fails and why, idle timers, ports that run out, and shifts of handshake times.
void describe_failures(Document& document, const SummaryData& data, PortNames& ports,
                       const RenderOptions& options);
/// Who hangs up, and handshake times.
void describe_endings(Document& document, const SummaryData& data, PortNames& ports,
                      const RenderOptions& options);
void describe_geo_tables(Document& document, const SummaryData& data);
/// The attributions that the licences of the GeoIP databases require.
void describe_attributions(Document& document, const RenderOptions& options);

/// Removes all but the first `rows` rows; the title says how many there were.
/// REQUIRES: there are more.
void keep_rows(Table& table, std::size_t rows);
/// The tables with at most `rows` rows each, and 8 KiB of each cell. Titles say how many rows there
/// were. `tables` may be null.
std::vector<Table> first_rows(const std::vector<Table>* tables, std::size_t rows);

/// Inserts columns for name, country and network before column `at`, leaving out those that are
/// empty in every row. `addresses` holds one address for each row; the columns' keys begin with
/// `prefix`. Returns the number of inserted columns.
std::size_t insert_geo_info(Table& table, std::size_t at, std::string_view prefix,
                            const std::vector<Address>& addresses, AddressBook* book);

/// The renderers; render_report() chooses among them.
std::string render_text(const Document& document, const RenderOptions& options);
std::string render_html(const Document& document);
/// The title and the tables alone, without head and body.
std::string render_html_tables(const Document& document);
std::string render_markdown(const Document& document);
/// Each table of the document as CSV with raw values; the first is "capture", with the totals.
std::vector<CsvTable> render_csv_tables(const CaptureInfo& capture, const SummaryData& data,
                                        const Document& document);
/// One table as CSV with raw values.
CsvTable render_csv_table(const Table& table);
/// All tables as one text, for outputs that have no place for further files: each table follows a
/// line "# name", and an empty line separates tables.
std::string join_csv(const std::vector<CsvTable>& tables);

/// Renders JSON from the data, because it holds more than a document. `more` may be null.
std::string render_json(const CaptureInfo& capture, const SummaryData& data, PortNames& ports,
                        AddressBook* book, std::string_view version,
                        const std::vector<Table>* more);
/// Appends the table to the open object, as an array of objects with raw values.
void append_json_table(JsonWriter& json, const Table& table);

Cell text_cell(std::string_view text, Tone tone = Tone::Plain);
/// host_name_text(); raw without the star.
Cell host_name_cell(const EndpointAnnotations& about);
Cell count_cell(std::uint64_t n, Tone tone = Tone::Plain);
/// As count_cell(), but empty for 0, for columns that are mostly 0.
Cell sparse_cell(std::uint64_t n, Tone tone = Tone::Plain);
Cell size_cell(std::uint64_t bytes);
Cell share_cell(std::uint64_t part, std::uint64_t whole);
/// "443 https".
Cell port_cell(std::uint16_t port, PortNames& ports);
/// Empty for kNoDuration. Raw in seconds.
Cell duration_cell(Duration d);
/// "2026-03-01 14:30:16". Raw as RFC 3339.
Cell time_cell(Timestamp t, Zone zone);

}  // namespace synfin
