// See text_table.h.
#include "synfin/report/text_table.h"

#include <algorithm>
#include <cwchar>
#include <limits>

#include "synfin/base/escape.h"
#include "synfin/base/utf8.h"

namespace synfin {
namespace {

constexpr std::size_t kMinShrunk = 8;
/// The width to which columns are shortened before any column is dropped.
constexpr std::size_t kPreferredShrunk = 24;
constexpr std::size_t kNarrow = 60;
constexpr int kAnyRank = std::numeric_limits<int>::min();

std::size_t columns_of(const Utf8Character& c) {
  if (c.code < 0x300) return 1;  // avoids wcwidth() for most texts
  const int columns = wcwidth(static_cast<wchar_t>(c.code));
  return columns < 0 ? 1 : static_cast<std::size_t>(columns);
}

/// The tone of a timeline symbol, in Unicode or ASCII.
Tone tone_of_symbol(std::string_view symbol) {
  if (symbol == "▲" || symbol == "A") return Tone::Good;
  if (symbol == "×" || symbol == "x") return Tone::Bad;
  if (symbol == "■" || symbol == "#") return Tone::Accent;
  if (symbol == "○" || symbol == "o") return Tone::Listening;
  return Tone::Dim;
}

void append_symbols(Line& line, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view symbol = text.substr(at, decode_utf8(text.substr(at)).size);
    const Tone tone = tone_of_symbol(symbol);
    if (line.empty() || line.back().tone != tone) line.push_back({{}, tone});
    line.back().text += symbol;
    at += symbol.size();
  }
}

}  // namespace

std::string shown_text(std::string_view text, bool unicode) {
  std::string out;
  unicode ? append_plain(out, text) : append_ascii(out, text);
  if (!out.empty() && columns_of(decode_utf8(out)) == 0) out.insert(0, "\u25CC");
  return out;
}

std::string padded(std::string_view text, std::size_t width) {
  return std::string(text).append(width - std::min(width, columns_of(text)), ' ');
}

std::size_t columns_of(std::string_view text) {
  std::size_t sum = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Character c = decode_utf8(text.substr(at));
    sum += columns_of(c);
    at += c.size;
  }
  return sum;
}

std::size_t bytes_of(std::string_view text, std::size_t n) {
  std::size_t at = 0;
  while (at < text.size()) {
    const Utf8Character c = decode_utf8(text.substr(at));
    const std::size_t columns = columns_of(c);
    if (columns > n) break;
    n -= columns;
    at += c.size;
  }
  return at;
}

/// The end of `text` with at most `columns` columns, of its `size`.
std::string_view end_of(std::string_view text, std::size_t size, std::size_t columns) {
  std::string_view end = text.substr(bytes_of(text, size - columns));
  while (columns_of(end) > columns) end.remove_prefix(decode_utf8(end).size);
  return end;
}

std::string cut_middle(std::string_view text, std::size_t width, bool unicode) {
  const std::size_t size = columns_of(text);
  if (size <= width) return std::string{text};
  const std::size_t mark = unicode ? 1 : 2;
  const std::size_t kept = width - mark;
  const std::size_t tail = kept / 2;
  std::string out{text.substr(0, bytes_of(text, kept - tail))};
  out += unicode ? "…" : "..";
  out += end_of(text, size, tail);
  return out;
}

std::string cut_end(std::string_view text, std::size_t width, bool unicode) {
  if (columns_of(text) <= width) return std::string{text};
  std::string out{text.substr(0, bytes_of(text, width - (unicode ? 1 : 2)))};
  return out += unicode ? "…" : "..";
}

std::string cut_list(std::string_view text, std::size_t width, bool unicode) {
  if (columns_of(text) <= width) return std::string{text};
  const std::string_view mark = unicode ? " …" : " ..";
  const std::size_t kept = bytes_of(text, width - std::min(width, columns_of(mark)));
  std::size_t end = text.rfind(", ", kept);
  if (end == text.npos) end = text.rfind(' ', kept);
  if (end == text.npos) return cut_end(text, width, unicode);
  return std::string{text.substr(0, end)}.append(mark);
}

std::string cut_begin(std::string_view text, std::size_t width, bool unicode) {
  const std::size_t size = columns_of(text);
  if (size <= width) return std::string{text};
  const std::size_t kept = width - (unicode ? 1 : 2);
  std::string_view tail = end_of(text, size, kept);
  if (const std::size_t slash = tail.find('/'); slash != tail.npos) tail.remove_prefix(slash);
  return (unicode ? "…" : "..") + std::string{tail};
}

TextTable::TextTable(const Table& table, const Options& options)
    : table_(table), options_(options), fits_(table.columns.size()) {
  for (const auto& row : table.rows) {
    std::vector<std::string>& texts = texts_.emplace_back();
    for (const Cell& cell : row) texts.push_back(shown_text(cell.text, options_.unicode));
  }
  measure();
  fit();
  last_ = last_shown();
}

void TextTable::measure() {
  for (std::size_t c = 0; c < fits_.size(); ++c) {
    fits_[c].width = columns_of(title_of(c));
    bool empty = !texts_.empty();
    for (std::size_t r = 0; r < texts_.size(); ++r) {
      if (is_heading(r)) continue;
      fits_[c].width = std::max(fits_[c].width, columns_of(texts_[r][c]));
      empty &= texts_[r][c].empty();
    }
    fits_[c].natural = fits_[c].width;
    fits_[c].shown = !empty;
  }
}

std::size_t TextTable::total() const {
  std::size_t sum = options_.indent;
  std::size_t shown = 0;
  for (const ColumnFit& f : fits_) {
    sum += f.shown ? f.width : 0;
    shown += f.shown;
  }
  return sum + (shown == 0 ? 0 : (shown - 1) * gap_);
}

void TextTable::fit() {
  while (too_wide() && shrink_one(kPreferredShrunk, 1)) {
  }
  while (too_wide() && shrink_one(0, kAnyRank)) {
  }
  drop_all(2);
  if (too_wide()) gap_ = 1;
  drop_all(1);
  while (too_wide() && shrink_one(kMinShrunk, kAnyRank, Column{}.min_width)) {
  }
  if (options_.clips && options_.width < kNarrow) drop_all(0);
  while (too_wide() && shrink_one(kMinShrunk, kAnyRank)) {
  }
  if (options_.clips) drop_all(0);
  widen();
}

void TextTable::drop_all(int rank) {
  while (too_wide() && drop_one(rank)) {
  }
}

/// Gives unused width to the columns that were shortened, one character at a time.
void TextTable::widen() {
  for (bool grown = true; grown && options_.width != 0;) {
    grown = false;
    for (ColumnFit& f : fits_) {
      if (!f.shown || f.width == f.natural || total() >= options_.width) continue;
      ++f.width;
      grown = true;
    }
  }
}

/// The title with a mark if the rows are sorted by the column.
std::string TextTable::title_of(std::size_t column) const {
  const Column& c = table_.columns[column];
  std::string title{c.title};
  const auto& keys = table_.sort_keys;
  if (title.empty() || std::find(keys.begin(), keys.end(), c.key) == keys.end()) return title;
  if (options_.unicode) return title + (table_.sort_descending ? "▼" : "▲");
  return title + (table_.sort_descending ? "v" : "^");
}

/// Drops the rightmost of the columns with the highest rank that is at least `rank`.
bool TextTable::drop_one(int rank) {
  std::size_t worst = fits_.size();
  for (std::size_t c = 0; c < fits_.size(); ++c) {
    if (!fits_[c].shown || table_.columns[c].rank < rank) continue;
    rank = table_.columns[c].rank;
    worst = c;
  }
  if (worst == fits_.size()) return false;
  fits_[worst].shown = false;
  if (table_.columns[worst].joined) fits_[worst - 1].shown = false;
  return true;
}

/// Narrows the widest column that may shrink, has at least `rank` and at most `max_min_width` as
/// its min_width, and is wider than `limit` and, unless `limit` is kMinShrunk, than its min_width.
bool TextTable::shrink_one(std::size_t limit, int rank, std::size_t max_min_width) {
  ColumnFit* widest = nullptr;
  for (std::size_t c = 0; c < fits_.size(); ++c) {
    const Column& column = table_.columns[c];
    if (!fits_[c].shown || !column.shrinks || column.rank < rank) continue;
    if (column.min_width > max_min_width) continue;
    const std::size_t floor = limit == kMinShrunk ? limit : std::max(limit, column.min_width);
    if (fits_[c].width <= floor) continue;
    if (!widest || fits_[c].width > widest->width) widest = &fits_[c];
  }
  if (!widest) return false;
  --widest->width;
  return true;
}

std::size_t TextTable::last_shown() const {
  std::size_t last = 0;
  for (std::size_t c = 0; c < fits_.size(); ++c) last = fits_[c].shown ? c : last;
  return last;
}

void TextTable::append_cell(Line& line, std::size_t column, std::string_view text,
                            Tone tone) const {
  const std::size_t width = fits_[column].width;
  const bool last = column == last_;
  const bool shrunk = table_.columns[column].shrinks && columns_of(text) > width;
  std::string cut{text};
  if (shrunk) {
    const bool path = text.starts_with('/');
    cut = path                             ? cut_begin(text, width, options_.unicode)
          : table_.columns[column].is_list ? cut_list(text, width, options_.unicode)
          : table_.columns[column].by_end  ? cut_end(text, width, options_.unicode)
                                           : cut_middle(text, width, options_.unicode);
  }
  const std::size_t blanks = width - std::min(width, columns_of(cut));
  if (table_.columns[column].align == Align::Right) line.push_back({std::string(blanks, ' ')});
  if (tone == Tone::Symbols) {
    append_symbols(line, cut);
  } else {
    line.push_back({std::move(cut), tone});
  }
  const std::size_t fill = table_.columns[column].align == Align::Left && !last ? blanks : 0;
  line.push_back({std::string(fill + (last ? 0 : gap_), ' ')});
}

Line TextTable::head() const {
  const auto titled = [](const Column& c) { return !c.title.empty(); };
  if (std::none_of(table_.columns.begin(), table_.columns.end(), titled)) return {};
  Line line{{std::string(options_.indent, ' ')}};
  for (std::size_t c = 0; c < fits_.size(); ++c) {
    if (fits_[c].shown) append_cell(line, c, title_of(c), Tone::Dim);
  }
  return line;
}

Line TextTable::row(std::size_t row) const {
  Line line{{std::string(options_.indent, ' ')}};
  if (is_heading(row)) {
    line.push_back({texts_[row][0], table_.rows[row][0].tone});
    return line;
  }
  for (std::size_t c = 0; c < fits_.size(); ++c) {
    if (fits_[c].shown) append_cell(line, c, texts_[row][c], table_.rows[row][c].tone);
  }
  return line;
}

}  // namespace synfin
