/// \file
/// ShowParser: parses the text of a ShowExpression term by term. See show_expression.h for the
/// grammar. Tested in tests/unit/filter/show_expression_test.cc.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/filter/show_expression.h"

namespace synfin {

/// Used once per text.
class ShowParser {
 public:
  /// `text` must outlive it.
  explicit ShowParser(std::string_view text) : text_(text) {}

  Result<std::vector<ShowTerm>> parse();

 private:
  /// Each returns false after it has set error_.
  bool parse_term();
  bool parse_values(ShowTerm& term);
  bool parse_value(ShowTerm& term);
  bool read_quoted(std::string& out);
  bool read_word(std::string& out, std::string_view ends);
  bool take_keyword();
  bool add_term(ShowTerm term);

  /// Takes the key before the word that begins here. Returns nullopt if the word is plain text, or
  /// after setting error_ if the key is unknown.
  std::optional<ShowKey> take_key();
  bool fail(std::size_t at, std::string_view why);
  void skip_blanks();
  bool at_end() const { return at_ == text_.size(); }

  std::string_view text_;
  std::size_t at_ = 0;
  bool negate_next_ = false;
  std::optional<std::size_t> connective_at_;  ///< of an "and" or "not" that still needs a term
  std::size_t values_ = 0;
  std::vector<ShowTerm> terms_;
  std::string error_;
};

}  // namespace synfin
