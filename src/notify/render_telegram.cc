// Telegram's HTML style: only <b> is used, and & < > are entities. See render.h.
#include <fmt/format.h>

#include "notify/message_text.h"
#include "notify/render.h"
#include "synfin/base/utf8.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxUnits = 4096;  ///< of UTF-16, as the bot API counts
constexpr std::size_t kMaxParts = 5;     ///< of one message

std::size_t utf16_units(std::string_view text) {
  std::size_t units = 0;
  while (!text.empty()) {
    const Utf8Character c = decode_utf8(text);
    units += c.code > 0xFFFF ? 2 : 1;
    text.remove_prefix(c.size);
  }
  return units;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> render_telegram(const Message& message, const Channel& channel) {
  std::vector<std::string> lines{"<b>" + escaped(full_title(message, channel)) + "</b>"};
  for (const LabelledText& fact : labelled_facts(message))
    lines.push_back(fmt::format("<b>{}:</b> {}", escaped(fact.label), escaped(fact.text)));
  // An entity has five bytes for one, so that a line of 800 bytes fits into one part.
  for (const std::string& line : lines_within(message, 3000 * kMaxParts, 4))
    lines.push_back("• " + escaped(clipped(line, 800)));
  std::vector<std::string> parts{""};
  std::size_t units = 0;
  for (const std::string& line : lines) {
    const std::size_t more = utf16_units(line) + 1;
    if (units + more > kMaxUnits) parts.emplace_back(), units = 0;
    units += more;
    parts.back() += (parts.back().empty() ? "" : "\n") + line;
  }
  return parts;
}

}  // namespace synfin
