/// \file
/// TextTable: a table fitted into so many columns of a terminal, as lines of toned pieces.
///
///     Table → cells escaped, columns fitted → Piece[] per line → paper (text.cc) or screen
///
/// A table that is too wide first shortens what may shrink and go, down to kUsualShrunk, then loses
/// the columns of rank 2 and more, the highest first, then a blank between the rest, then those of
/// rank 1, then the middle of what may shrink. A column that
/// is empty in every row is not shown. A row of one cell is a heading across all columns. Tested in
/// tests/unit/report/text_test.cc and tests/unit/view.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/report/document.h"

namespace synfin {

/// Columns that `text` takes on a terminal: none for a combining character, two for a wide one.
/// REQUIRES: `text` is escaped.
std::size_t columns_of(std::string_view text);
/// The bytes of as many characters as fit into `n` columns.
std::size_t bytes_of(std::string_view text, std::size_t n);
/// `text` without its middle, `width` columns wide at most, so that its beginning and end stay: an
/// address is told by both. REQUIRES: width > 2.
std::string shortened(std::string_view text, std::size_t width, bool unicode);

/// The same without its end.
std::string begun(std::string_view text, std::size_t width, bool unicode);

/// A stretch of one line, harmless to print.
struct Piece {
  std::string text;
  Tone tone = Tone::Plain;
};
using Line = std::vector<Piece>;

class TextTable {
 public:
  struct Options {
    std::size_t width = 0;  ///< 0 = as wide as it needs
    std::size_t indent = 2;
    bool unicode = true;
  };
  /// `table` must outlive it.
  TextTable(const Table& table, const Options& options);

  std::size_t rows() const { return texts_.size(); }
  /// The titles; empty for a list of facts.
  Line head() const;
  Line row(std::size_t row) const;

 private:
  struct Fit {
    std::size_t width = 0;
    bool shown = true;
  };

  std::string escaped(std::string_view text) const;
  bool is_heading(std::size_t row) const { return texts_[row].size() < fits_.size(); }
  std::size_t total() const;
  bool too_wide() const { return options_.width != 0 && total() > options_.width; }
  void measure();
  void fit();
  bool drop_one(int rank);
  bool shrink_one(std::size_t least, int rank);
  void append_cell(Line& line, std::size_t column, std::string_view text, Tone tone) const;
  std::size_t last_shown() const;

  const Table& table_;
  Options options_;
  std::vector<std::vector<std::string>> texts_;
  std::vector<Fit> fits_;
  std::size_t last_ = 0;  ///< the last column shown
  std::size_t gap_ = 2;
};

/// A document as lines; an empty one between tables.
std::vector<Line> lines_of(const Document& document, const RenderOptions& options);

}  // namespace synfin
