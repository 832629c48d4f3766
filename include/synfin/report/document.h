/// \file
/// Document: a report as tables of cells, before anybody decides whether it becomes text, HTML,
/// Markdown or CSV.
///
/// Cells hold text as it came; each renderer escapes for its own medium.
/// Tested in tests/unit/report/document_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/capture_info.h"
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
  Symbols,  ///< a timeline: TextTable gives each symbol its own tone
};

struct Cell {
  std::string text;  ///< for people: "1.2 MiB"
  std::string raw;   ///< for programs: "1258291"
  Tone tone = Tone::Plain;
};

struct Column {
  std::string key;         ///< for programs
  std::string_view title;  ///< for people; empty over facts
  Align align = Align::Left;
  int rank = 0;          ///< where room is short the highest go first; 0 stays
  bool shrinks = false;  ///< may lose its middle where room is still short
  bool by_end = false;   ///< loses its end instead
};

struct Table {
  std::string_view key;
  std::string title;  ///< empty: goes on from the one before
  std::string note;   ///< a line under the title
  Tone note_tone = Tone::Dim;
  std::vector<Column> columns;  ///< all titles empty: a list of facts, without a head
  std::vector<std::vector<Cell>> rows;
};

struct Document {
  std::string title;
  std::vector<Table> tables;  ///< none without rows and note
};

/// Everything that a report for people says. `data` holds as many rows as are to be shown.
Document describe_report(const CaptureInfo& capture, const SummaryData& data, PortNames& ports,
                         const RenderOptions& options);

/// Its two halves: what was read and how it went, and who was in it.
void describe_capture(Document& document, const CaptureInfo& capture, const SummaryData& data,
                      const RenderOptions& options);
void describe_tables(Document& document, const SummaryData& data, PortNames& ports,
                     const RenderOptions& options);

void describe_places(Document& document, const SummaryData& data);
/// Whom to name for what the databases said.
void describe_attributions(Document& document, const RenderOptions& options);

/// Inserts what `book` knows of `addresses`, one for each row: name, country and network, each
/// column where a row has it, left of column `at`. `prefix` goes before the columns' keys. Returns
/// how many were inserted.
std::size_t insert_geo_info(Table& table, std::size_t at, std::string_view prefix,
                            const std::vector<Address>& addresses, AddressBook* book);

/// The renderers of a document; render_report() is their door.
std::string render_text(const Document& document, const RenderOptions& options);
std::string render_html(const Document& document);
std::string render_markdown(const Document& document);
/// section,row,field,value: a line for each cell with its raw value; a table's note is row 0.
std::string render_csv(const Document& document);

/// JSON is for programs and holds more than a document: it is made from the data. `more` may be
/// null.
std::string render_json(const CaptureInfo& capture, const SummaryData& data, PortNames& ports,
                        AddressBook* book, std::string_view version,
                        const std::vector<Table>* more);
/// Members of the object that is open: each table an array of objects, with its raw values.
void append_json_tables(JsonWriter& json, const std::vector<Table>& tables);

/// Cells of the usual kinds.
Cell text_cell(std::string_view text, Tone tone = Tone::Plain);
Cell count_cell(std::uint64_t n, Tone tone = Tone::Plain);
/// The same, empty for 0: where most are.
Cell sparse_cell(std::uint64_t n, Tone tone = Tone::Plain);
Cell size_cell(std::uint64_t bytes);
Cell share_cell(std::uint64_t part, std::uint64_t whole);
/// Empty for kNoDuration. Raw in seconds.
Cell duration_cell(Duration d);
/// "2026-03-01 14:30:16". Raw as RFC 3339.
Cell time_cell(Timestamp t, Zone zone);

}  // namespace synfin
