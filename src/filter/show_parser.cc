// See show_parser.h.
#include "filter/show_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "filter/nearest_word.h"
#include "filter/show_value.h"
#include "synfin/base/escape.h"

namespace synfin {
namespace {

constexpr std::string_view kBlank = " \t\r\n\v\f";
constexpr std::size_t kMaxQuotedWord = 40;  ///< bytes of a wrong word that a message repeats

bool is_blank(char c) { return kBlank.find(c) != kBlank.npos; }
bool is_quote(char c) { return c == '"' || c == '\''; }

std::string lower_case(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return out;
}

/// Addresses and times contain colons, but are text. REQUIRES: lower case.
bool looks_like_digits(std::string_view word) {
  return word.find_first_not_of("0123456789abcdef:.[]/%") == word.npos;
}

/// A key consists of letters.
bool looks_like_key(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(),
                                      [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

std::string safe(std::string_view text) {
  std::string out;
  const bool cut = text.size() > kMaxQuotedWord;
  append_plain(out, text.substr(0, kMaxQuotedWord));
  return cut ? out + "..." : out;
}

}  // namespace

void ShowParser::skip_blanks() {
  while (!at_end() && is_blank(text_[at_])) ++at_;
}

/// Keeps the first error.
bool ShowParser::fail(std::size_t at, std::string_view why) {
  if (!error_.empty()) return false;
  const std::string_view before = text_.substr(0, at);
  const auto characters =
      std::count_if(before.begin(), before.end(), [](char c) { return (c & 0xC0) != 0x80; });
  error_ = fmt::format("column {}: {}", characters + 1, why);
  return false;
}

/// Reads up to a blank or one of `ends`.
bool ShowParser::read_word(std::string& out, std::string_view ends) {
  const std::size_t begin = at_;
  while (!at_end() && !is_blank(text_[at_]) && ends.find(text_[at_]) == ends.npos) ++at_;
  out = lower_case(text_.substr(begin, at_ - begin));
  return true;
}

bool ShowParser::read_quoted(std::string& out) {
  const std::size_t begin = at_;
  const std::size_t end = text_.find(text_[at_], at_ + 1);
  if (end == text_.npos) return fail(begin, "this quote is not closed");
  out = lower_case(text_.substr(begin + 1, end - begin - 1));
  at_ = end + 1;
  return true;
}

std::optional<ShowKey> ShowParser::take_key() {
  const std::size_t end = std::min(text_.find_first_of(kBlank, at_), text_.size());
  const std::string word = lower_case(text_.substr(at_, end - at_));
  const std::size_t colon = word.find(':');
  if (colon == word.npos || looks_like_digits(word)) return std::nullopt;
  const std::string_view name = std::string_view(word).substr(0, colon);
  if (!looks_like_key(name)) return std::nullopt;
  if (const auto key = show_key_of(name)) {
    at_ += colon + 1;
    return key;
  }
  const std::string_view near = nearest_word(name, show_key_names());
  fail(at_, near.empty()
                ? fmt::format("there is no key '{}' (keys: {}); quote the word to search for it",
                              safe(name), fmt::join(show_key_names(), ", "))
                : fmt::format("there is no key '{}'; did you mean '{}'?", safe(name), near));
  return std::nullopt;
}

bool ShowParser::parse_value(ShowTerm& term) {
  const std::size_t begin = at_;
  std::string text;
  const bool quoted = !at_end() && is_quote(text_[at_]);
  if (!(quoted ? read_quoted(text) : read_word(text, ","))) return false;
  if (text.empty()) {
    return fail(begin, fmt::format("a value is missing, such as in {}", show_example_of(term.key)));
  }
  if (quoted && !at_end() && !is_blank(text_[at_]) && text_[at_] != ',') {
    return fail(at_, "a blank or a comma must follow the quote");
  }
  if (++values_ > ShowExpression::kMaxValues) return fail(begin, "there are too many values");
  auto value = read_show_value(term.key, std::move(text));
  if (!value) return fail(begin, value.error().message);
  term.values.push_back(std::move(*value));
  return true;
}

bool ShowParser::parse_values(ShowTerm& term) {
  for (;;) {
    if (!parse_value(term)) return false;
    if (at_end() || text_[at_] != ',') return true;
    ++at_;
  }
}

/// Takes "not", and "and" between terms, which changes nothing.
bool ShowParser::take_keyword() {
  const std::size_t begin = at_;
  std::string word;
  read_word(word, {});
  if (word == "not") {
    negate_next_ = !negate_next_;
    connective_at_ = begin;
    return true;
  }
  if (word == "and" && !terms_.empty() && !connective_at_) {
    connective_at_ = begin;
    return true;
  }
  at_ = begin;
  return false;
}

bool ShowParser::add_term(ShowTerm term) {
  if (terms_.size() == ShowExpression::kMaxTerms) return fail(at_, "there are too many terms");
  term.negated = term.negated != std::exchange(negate_next_, false);
  connective_at_.reset();
  terms_.push_back(std::move(term));
  return true;
}

bool ShowParser::parse_term() {
  const std::size_t begin = at_;
  ShowTerm term;
  if (text_[at_] == '-' && at_ + 1 < text_.size() && !is_blank(text_[at_ + 1])) {
    term.negated = true;
    ++at_;
  }
  if (const auto key = take_key()) {
    term.key = *key;
    return parse_values(term) && add_term(std::move(term));
  }
  if (!error_.empty()) return false;
  ShowValue value;
  const bool quoted = is_quote(text_[at_]);
  if (!(quoted ? read_quoted(value.text) : read_word(value.text, {}))) return false;
  if (value.text.empty()) return fail(begin, "there is nothing between the quotes");
  const bool alternative = value.text == "or" && !quoted && !terms_.empty() && !connective_at_;
  if (alternative && text_.find_first_not_of(kBlank, at_) != text_.npos) {
    return fail(begin, "all terms must match; for alternatives write port:80,443");
  }
  if (++values_ > ShowExpression::kMaxValues) return fail(begin, "there are too many values");
  term.values.push_back(std::move(value));
  return add_term(std::move(term));
}

Result<std::vector<ShowTerm>> ShowParser::parse() {
  if (text_.size() > ShowExpression::kMaxLength) {
    fail(0, fmt::format("a filter may have {} bytes, and this one has {}",
                        ShowExpression::kMaxLength, text_.size()));
  }
  for (skip_blanks(); error_.empty() && !at_end(); skip_blanks()) {
    if (!take_keyword()) parse_term();
  }
  if (error_.empty() && connective_at_) fail(*connective_at_, "a term must follow this word");
  if (!error_.empty()) return Error{std::move(error_), ErrorKind::Usage};
  return std::move(terms_);
}

}  // namespace synfin
