// See output_checks.h.
#include "support/output_checks.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "support/fuzz_input.h"

namespace synfin::fuzz {
namespace {

using nlohmann::json;

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

/// Removes one row of RFC 4180 and returns the number of its fields; 0 for an empty line.
std::size_t take_csv_row(std::string_view& text) {
  std::size_t fields = 1, length = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at, ++length) {
    const char c = text[at];
    if (c == '"') quoted = !quoted;
    if (!quoted && c == ',') ++fields;
    if (quoted || c != '\n') continue;
    const std::size_t content = at - (at > 0 && text[at - 1] == '\r' ? 1 : 0);
    text.remove_prefix(at + 1);
    return content == 0 ? 0 : fields;
  }
  require(false, "a row of CSV ends with a line end outside quotes");
  return 0;
}

std::size_t count(std::string_view text, std::string_view word) {
  std::size_t n = 0;
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++n;
  return n;
}

}  // namespace

void check_text(std::string_view text, std::string_view allowed) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    require((byte >= 0x20 && byte != 0x7F) || allowed.find(c) != allowed.npos,
            "an output has no control character");
  }
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  try {
    while (!text.empty()) {
      const std::string_view line = take_line(text);
      if (!std::all_of(line.begin(), line.end(), is_ascii)) (void)json(line).dump();
    }
  } catch (const json::exception&) {
    require(false, "an output is valid UTF-8");
  }
}

void check_json(std::string_view text) {
  check_text(text);
  require(json::accept(text), "JSON parses");
}

void check_json_lines(std::string_view text) {
  check_text(text);
  require(text.empty() || text.back() == '\n', "the last line is whole");
  while (!text.empty()) {
    const json line = json::parse(take_line(text), nullptr, false);
    require(line.is_object(), "each line is a JSON object");
  }
}

void check_tsv(std::string_view text) {
  check_text(text, "\n\t");
  require(text.empty() || text.back() == '\n', "the last line is whole");
  std::size_t wanted = 0;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const auto tabs = static_cast<std::size_t>(std::count(line.begin(), line.end(), '\t'));
    if (line.starts_with("#fields\t")) wanted = tabs;
    if (line.starts_with('#')) continue;
    require(wanted != 0 && tabs + 1 == wanted, "a row of TSV has all fields");
  }
}

void check_csv(std::string_view text) {
  check_text(text, "\r\n");
  std::size_t wanted = 0;
  while (!text.empty()) {
    if (text.starts_with("# ")) {
      (void)take_line(text);
      wanted = 0;
      continue;
    }
    const std::size_t fields = take_csv_row(text);
    if (wanted == 0 || fields == 0) {
      wanted = fields;
    } else {
      require(fields == wanted, "a row of CSV has all fields");
    }
  }
}

void check_html(std::string_view text) {
  check_text(text);
  for (const std::string name : {"table", "tr", "td", "th", "h1", "h2", "p", "body", "html"}) {
    const std::size_t opened = count(text, "<" + name + ">") + count(text, "<" + name + " ");
    require(opened == count(text, "</" + name + ">"), "each element of HTML is closed");
  }
}

}  // namespace synfin::fuzz
