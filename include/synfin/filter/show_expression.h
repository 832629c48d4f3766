/// \file
/// ShowExpression: the filter that a person types behind --show or behind `/` on the screen.
///
///     port:443 host:10.0.0.0/8 -state:half_open process:nginx,haproxy "some text"
///
///     expression = { term }                     every term must match
///     term       = [ "-" | "not " ] ( key ":" value { "," value } | text )
///     value      = a word, or text in 'single' or "double" quotes
///
/// Values of one term are alternatives. Letters match in either case. `*` in the value of name,
/// host, process, user, unit, asn or country stands for any characters. A term without a key
/// matches if the row shows its text anywhere. A word that reads as an IPv6 address or a time is
/// text, although it holds colons.
///
/// Tested in tests/unit/filter/show_expression_test.cc and tests/fuzz/show_expression_fuzz.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/cidr.h"
#include "synfin/base/result.h"
#include "synfin/filter/show_subject.h"
#include "synfin/track/connection.h"

namespace synfin {

enum class ShowKey : std::uint8_t {
  Text,
  Port,
  Host,
  Orig,
  Resp,
  State,
  Outcome,
  Process,
  Pid,
  User,
  Unit,
  Country,
  Asn,
  Name,
  Proto,
};

/// One alternative of a term. Which members hold depends on the key.
struct ShowValue {
  std::string text;  ///< ASCII letters are lower case
  std::optional<Cidr> network;
  std::uint32_t low = 0;  ///< a number, or the first port of a range; with `is_number`
  std::uint32_t high = 0;
  bool is_number = false;
};

struct ShowTerm {
  ShowKey key = ShowKey::Text;
  bool negated = false;
  std::vector<ShowValue> values;
};

/// Immutable after parse(), so that threads may share one. Matching allocates only if a term has no
/// key and the subject is a record.
class ShowExpression {
 public:
  static constexpr std::size_t kMaxLength = 4096;  ///< bytes
  static constexpr std::size_t kMaxTerms = 64;
  static constexpr std::size_t kMaxValues = 256;  ///< of all terms

  /// Matches everything.
  ShowExpression() = default;

  /// Fails with kind Usage and a sentence that names the column of the word, counted in characters
  /// from 1, and the nearest key or value that exists. The sentence is safe to print.
  static Result<ShowExpression> parse(std::string_view text);

  bool empty() const { return terms_.empty(); }

  std::span<const ShowTerm> terms() const { return terms_; }

  bool matches(const ShowSubject& subject) const;

  /// `record` is the connection after an event, or its final record.
  bool matches(const ConnectionRecord& record, const Annotations& about) const;

  /// True if a term has the key `key`.
  bool uses(ShowKey key) const;
  /// True if a term has a key that needs --process.
  bool needs_processes() const {
    return uses(ShowKey::Process) || uses(ShowKey::Pid) || uses(ShowKey::User) ||
           uses(ShowKey::Unit);
  }

 private:
  explicit ShowExpression(std::vector<ShowTerm> terms) : terms_(std::move(terms)) {}

  std::vector<ShowTerm> terms_;
};

}  // namespace synfin
