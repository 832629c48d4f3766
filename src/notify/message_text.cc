// See message_text.h.
#include "notify/message_text.h"

#include <fmt/format.h>

#include "synfin/base/escape.h"
#include "synfin/base/utf8.h"

namespace synfin {

std::string plain(std::string_view text, std::size_t max) {
  std::string out;
  append_plain(out, text);
  return clipped(out, max);
}

std::string clipped(const std::string& text, std::size_t max) {
  if (text.size() <= max) return text;
  return std::string(clip_utf8(text, max)) + "…";
}

std::string full_title(const Message& message, const Channel& channel) {
  return fmt::format("[{}] {}", plain(channel.sensor, 100), plain(message.title));
}

std::vector<LabelledText> labelled_facts(const Message& message) {
  std::vector<LabelledText> facts;
  for (const MessageFact& fact : message.facts)
    facts.push_back({plain(fact_label(fact), 100), plain(fact.value)});
  facts.push_back({"Time", format_rfc3339(message.time)});
  facts.push_back({"Message", plain(message.id, 100)});
  return facts;
}

std::vector<std::string> lines_within(const Message& message, std::size_t budget,
                                      std::size_t each) {
  std::vector<std::string> lines;
  std::size_t left = message.more_lines + message.lines.size();
  for (const std::string& line : message.lines) {
    std::string text = plain(line);
    if (text.size() + each > budget) break;
    budget -= text.size() + each;
    --left;
    lines.push_back(std::move(text));
  }
  if (left != 0) lines.push_back(fmt::format("… and {} more", left));
  return lines;
}

}  // namespace synfin
