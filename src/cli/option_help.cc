// --help from the table of options. See option_row.h.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "synfin/cli/option_row.h"

namespace synfin {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kIndent = 24;  ///< the column at which the help sentences begin

/// Appends `text` in lines that begin at column kIndent; the first one continues the current line.
void append_wrapped(std::string& out, std::string_view text) {
  std::size_t column = kIndent;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (column > kIndent && column + 1 + word.size() > kWidth) {
      out += "\n" + std::string(kIndent, ' ');
      column = kIndent;
    }
    if (column > kIndent) out += ' ', ++column;
    out += word;
    column += word.size();
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  out += '\n';
}

}  // namespace

std::string OptionRow::help_sentence() const {
  std::string sentence(help);
  const std::size_t at = sentence.find("{}");
  return at == sentence.npos ? sentence : sentence.replace(at, 2, value.expects);
}

std::string OptionRow::section() const {
  std::string word(group.substr(0, group.find_first_of(" ,")));
  for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return word;
}

std::string help_text(const std::vector<OptionRow>& table, std::string_view head,
                      std::string_view foot) {
  std::string out(head);
  std::string_view group;
  for (const OptionRow& row : table) {
    if (row.group != group) out += fmt::format("\n{}:\n", row.group);
    group = row.group;
    std::string left = "  " + std::string(row.names);
    if (const std::size_t comma = left.find(','); comma != left.npos) left.insert(comma + 1, " ");
    if (!row.value.word.empty()) left += " " + row.value.word;
    out += left;
    if (left.size() + 2 > kIndent) out += "\n", left.clear();
    out += std::string(kIndent - left.size(), ' ');
    append_wrapped(out, row.help_sentence());
  }
  out += foot;
  return out;
}

}  // namespace synfin
