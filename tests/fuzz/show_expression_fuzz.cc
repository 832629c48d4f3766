/// \file
/// Fuzzes the filters of --show and of the screen's `/`: the first line is the expression, the
/// lines behind it are the texts of a row.
///
/// Holds: an error is safe to print and names a column; an expression of one term and its negation
/// disagree about every row.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "synfin/filter/show_expression.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

synfin::ShowSubject subject_of(std::string_view text) {
  synfin::ShowSubject s;
  s.orig.address = synfin::Address::parse(take_line(text));
  s.orig.port = 443;
  s.orig.name = take_line(text);
  s.orig.exe = take_line(text);
  s.orig.unit = take_line(text);
  s.resp.as_org = take_line(text);
  s.resp.user = s.resp.country = take_line(text);
  s.states = {take_line(text), "S1", {}, {}};
  s.outcomes = s.states[0];
  s.proto = "tcp";
  s.text = text;
  return s;
}

void check_error(const std::string& message) {
  require(message.starts_with("column "));
  for (const char c : message) require(static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view line = take_line(text);
  const auto expression = synfin::ShowExpression::parse(line);
  if (!expression) {
    check_error(expression.error().message);
    return 0;
  }
  const synfin::ShowSubject subject = subject_of(text);
  const bool matches = expression->matches(subject);
  if (expression->empty()) require(matches);
  const auto negated = synfin::ShowExpression::parse("not " + std::string{line});
  if (!negated) return 0;  // too long now, or it had no term
  const auto both = synfin::ShowExpression::parse(std::string{line} + " not " + std::string{line});
  // Whatever the terms are, all of them and the negation of the first cannot hold together.
  if (both) require(!both->matches(subject));
  return 0;
}
