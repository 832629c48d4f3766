// Document → text for a terminal or a plain file.
//
// A table that is too wide first loses the columns of rank 2 and more, the highest first, then a
// blank between the rest, then those of rank 1, then the middle of what may shrink.
// Width 0 = whatever it needs.
// Tested in tests/unit/report/text_test.cc.
#include <algorithm>
#include <numeric>

#include "synfin/base/escape.h"
#include "synfin/report/document.h"

namespace synfin {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kLeastShrunk = 12;

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Columns on a terminal, one for each character: nothing wider than one stands in a table.
std::size_t columns_of(std::string_view text) {
  return text.size() -
         static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues_character));
}

/// The bytes of the first `n` characters.
std::size_t bytes_of(std::string_view text, std::size_t n) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (!continues_character(text[at]) && n-- == 0) break;
  }
  return at;
}

/// Cuts the middle out, so that beginning and end stay: an address is told by both.
std::string shortened(std::string_view text, std::size_t width, bool unicode) {
  const std::size_t size = columns_of(text);
  if (size <= width) return std::string{text};
  const std::size_t mark = unicode ? 1 : 2;
  const std::size_t kept = width - mark;
  const std::size_t tail = kept / 2;
  std::string out{text.substr(0, bytes_of(text, kept - tail))};
  out += unicode ? "…" : "..";
  out += text.substr(bytes_of(text, size - tail));
  return out;
}

std::string_view escape_of(Tone tone) {
  switch (tone) {
    case Tone::Strong:
      return "\x1b[1m";
    case Tone::Dim:
      return "\x1b[2m";
    case Tone::Good:
      return "\x1b[32m";
    case Tone::Bad:
      return "\x1b[31m";
    case Tone::Plain:
      break;
  }
  return {};
}

void append_toned(std::string& out, std::string_view text, Tone tone, bool color) {
  const std::string_view escape = color && !text.empty() ? escape_of(tone) : std::string_view{};
  out += escape;
  out += text;
  if (!escape.empty()) out += "\x1b[0m";
}

/// One table, its cells escaped, its columns fitted.
class TextTable {
 public:
  TextTable(const Table& table, const RenderOptions& options);
  void append_to(std::string& out) const;

 private:
  struct Fit {
    std::size_t width = 0;
    bool shown = true;
  };

  static std::string escaped(std::string_view text);
  std::size_t total() const;
  bool too_wide() const { return options_.width != 0 && total() > options_.width; }
  void measure();
  void fit();
  bool drop_one(int rank);
  bool shrink_one();
  void append_cell(std::string& out, std::size_t column, std::string_view text, Tone tone,
                   bool last) const;
  void append_head(std::string& out) const;
  void append_row(std::string& out, std::size_t row) const;
  std::size_t last_shown() const;

  const Table& table_;
  const RenderOptions& options_;
  std::vector<std::vector<std::string>> texts_;
  std::vector<Fit> fits_;
  std::size_t gap_ = 2;
};

TextTable::TextTable(const Table& table, const RenderOptions& options)
    : table_(table), options_(options), fits_(table.columns.size()) {
  for (const auto& row : table.rows) {
    std::vector<std::string>& texts = texts_.emplace_back();
    for (const Cell& cell : row) texts.push_back(escaped(cell.text));
  }
  measure();
  fit();
}

std::string TextTable::escaped(std::string_view text) {
  std::string out;
  append_plain(out, text);
  return out;
}

void TextTable::measure() {
  for (std::size_t c = 0; c < fits_.size(); ++c) {
    fits_[c].width = columns_of(table_.columns[c].title);
    bool empty = !texts_.empty();
    for (const auto& row : texts_) {
      fits_[c].width = std::max(fits_[c].width, columns_of(row[c]));
      empty &= row[c].empty();
    }
    fits_[c].shown = !empty;
  }
}

std::size_t TextTable::total() const {
  std::size_t sum = kIndent;
  std::size_t shown = 0;
  for (const Fit& f : fits_) {
    sum += f.shown ? f.width : 0;
    shown += f.shown;
  }
  return sum + (shown == 0 ? 0 : (shown - 1) * gap_);
}

void TextTable::fit() {
  while (too_wide() && drop_one(2)) {
  }
  if (too_wide()) gap_ = 1;
  while (too_wide() && drop_one(1)) {
  }
  while (too_wide() && shrink_one()) {
  }
}

/// Drops the last of the columns with the highest rank, `rank` or more.
bool TextTable::drop_one(int rank) {
  std::size_t worst = fits_.size();
  for (std::size_t c = 0; c < fits_.size(); ++c) {
    if (!fits_[c].shown || table_.columns[c].rank < rank) continue;
    rank = table_.columns[c].rank;
    worst = c;
  }
  if (worst == fits_.size()) return false;
  fits_[worst].shown = false;
  return true;
}

/// Takes a character from the widest of the columns that may shrink.
bool TextTable::shrink_one() {
  Fit* widest = nullptr;
  for (std::size_t c = 0; c < fits_.size(); ++c) {
    if (!fits_[c].shown || !table_.columns[c].shrinks || fits_[c].width <= kLeastShrunk) continue;
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

void TextTable::append_cell(std::string& out, std::size_t column, std::string_view text, Tone tone,
                            bool last) const {
  const std::size_t width = fits_[column].width;
  const bool shrunk = table_.columns[column].shrinks && columns_of(text) > width;
  const std::string cut = shrunk ? shortened(text, width, options_.unicode) : std::string{text};
  const std::size_t blanks = width - std::min(width, columns_of(cut));
  if (table_.columns[column].align == Align::Right) out.append(blanks, ' ');
  append_toned(out, cut, tone, options_.color);
  if (table_.columns[column].align == Align::Left && !last) out.append(blanks, ' ');
  if (!last) out.append(gap_, ' ');
}

void TextTable::append_head(std::string& out) const {
  const auto titled = [](const Column& c) { return !c.title.empty(); };
  if (std::none_of(table_.columns.begin(), table_.columns.end(), titled)) return;
  out.append(kIndent, ' ');
  const std::size_t last = last_shown();
  for (std::size_t c = 0; c < fits_.size(); ++c) {
    if (fits_[c].shown) append_cell(out, c, table_.columns[c].title, Tone::Dim, c == last);
  }
  out += '\n';
}

void TextTable::append_row(std::string& out, std::size_t row) const {
  out.append(kIndent, ' ');
  const std::size_t last = last_shown();
  for (std::size_t c = 0; c < fits_.size(); ++c) {
    if (fits_[c].shown) append_cell(out, c, texts_[row][c], table_.rows[row][c].tone, c == last);
  }
  while (out.back() == ' ') out.pop_back();
  out += '\n';
}

void TextTable::append_to(std::string& out) const {
  if (texts_.empty()) return;
  append_head(out);
  for (std::size_t r = 0; r < texts_.size(); ++r) append_row(out, r);
}

/// Breaks between words where the line would grow past the width.
void append_note(std::string& out, const Table& table, const RenderOptions& options) {
  std::string note;
  append_plain(note, table.note);
  for (std::string_view rest = note; !rest.empty();) {
    const std::size_t room = options.width > kIndent ? options.width - kIndent : rest.size();
    std::size_t end = rest.size();
    if (columns_of(rest) > room) {
      end = rest.rfind(' ', bytes_of(rest, room));
      if (end == std::string_view::npos || end == 0) end = rest.size();
    }
    out.append(kIndent, ' ');
    append_toned(out, rest.substr(0, end), table.note_tone, options.color);
    out += '\n';
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

}  // namespace

std::string render_text(const Document& document, const RenderOptions& options) {
  std::string out;
  append_toned(out, document.title, Tone::Strong, options.color);
  out += '\n';
  for (const Table& table : document.tables) {
    out += '\n';
    if (!table.title.empty()) {
      append_toned(out, table.title, Tone::Strong, options.color);
      out += '\n';
    }
    append_note(out, table, options);
    TextTable(table, options).append_to(out);
  }
  return out;
}

}  // namespace synfin
