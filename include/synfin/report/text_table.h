/// \file
/// TextTable: fits a table into the columns of a terminal.
///
///     Table → cells escaped, columns fitted → Piece[] per line → text file (text.cc) or screen
///
/// A table that is too wide (1) shortens columns that may shrink and be dropped, down to
/// kPreferredShrunk, (2) shortens all columns that may shrink, down to their min_width, (3) drops
/// the columns of rank 2 and more, the highest first, (4) separates columns by one blank, (5) drops
/// those of rank 1, and (6) shortens the rest to kMinShrunk, those with a larger min_width last. On
/// a screen, (7) it drops those of rank 0, before (6) makes addresses illegible if the screen is
/// narrow. A path is shortened at its beginning. Width that is left over is then given to the
/// shortened columns. A column that is empty in every row is not shown. A row of one cell is a
/// heading across all columns. The head marks the column by which the rows are sorted.
/// Tested in tests/unit/report/text_test.cc and tests/unit/view.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/report/document.h"

namespace synfin {

/// `text` escaped for a terminal, with UTF-8 or without. A combining character at the beginning
/// gets a dotted circle, so that it does not change the text before it.
std::string shown_text(std::string_view text, bool unicode);
/// `text` with blanks behind it, up to `width` columns. REQUIRES: `text` is escaped.
std::string padded(std::string_view text, std::size_t width);

/// The number of terminal columns of `text`: a combining character takes none, a wide one two.
/// REQUIRES: `text` is escaped.
std::size_t columns_of(std::string_view text);
/// The length in bytes of the characters that fit into `n` columns.
std::size_t bytes_of(std::string_view text, std::size_t n);
/// `text` with its middle replaced by an ellipsis so that it fits into `width` columns. Both ends
/// stay, because addresses differ at either. REQUIRES: width > 2.
std::string cut_middle(std::string_view text, std::size_t width, bool unicode);

/// As cut_middle(), but replaces the end.
std::string cut_end(std::string_view text, std::size_t width, bool unicode);
/// As cut_end(), but keeps whole items of "80 http, 443 https", or whole words of the first:
/// "80 http …".
std::string cut_list(std::string_view text, std::size_t width, bool unicode);
/// As cut_middle(), but replaces the beginning of a path: "…/bin/python3".
std::string cut_begin(std::string_view text, std::size_t width, bool unicode);

/// A part of a line, escaped.
struct Piece {
  std::string text;
  Tone tone = Tone::Plain;
};
using Line = std::vector<Piece>;

class TextTable {
 public:
  struct Options {
    std::size_t width = 0;  ///< terminal columns; 0 = not bounded
    std::size_t indent = 2;
    bool unicode = true;
    bool clips = false;  ///< what is beyond `width` is invisible, so that columns are dropped
  };
  /// `table` must outlive it.
  TextTable(const Table& table, const Options& options);

  std::size_t rows() const { return texts_.size(); }
  /// Terminal columns of the widest line, the indent included.
  std::size_t width() const { return total(); }
  /// The column titles; empty if the table has none.
  Line head() const;
  Line row(std::size_t row) const;

 private:
  struct ColumnFit {
    std::size_t width = 0;
    std::size_t natural = 0;  ///< width of the longest cell
    bool shown = true;
  };

  bool is_heading(std::size_t row) const { return texts_[row].size() < fits_.size(); }
  std::size_t total() const;
  bool too_wide() const { return options_.width != 0 && total() > options_.width; }
  void measure();
  void fit();
  bool drop_one(int rank);
  void drop_all(int rank);
  bool shrink_one(std::size_t limit, int rank,
                  std::size_t max_min_width = std::numeric_limits<std::size_t>::max());
  void widen();
  std::string title_of(std::size_t column) const;
  void append_cell(Line& line, std::size_t column, std::string_view text, Tone tone) const;
  std::size_t last_shown() const;

  const Table& table_;
  Options options_;
  std::vector<std::vector<std::string>> texts_;
  std::vector<ColumnFit> fits_;
  std::size_t last_ = 0;  ///< the last column shown
  std::size_t gap_ = 2;
};

/// A document as lines, with an empty line between tables.
std::vector<Line> lines_of(const Document& document, const RenderOptions& options);

}  // namespace synfin
