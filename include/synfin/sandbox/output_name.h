/// \file
/// OutputName: the paths that one configured output may have during a run.
/// Tested in tests/unit/sandbox/output_name_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "synfin/base/result.h"

namespace synfin {

/// A variable part never matches a slash, so that a name stays in its folder.
class OutputName {
 public:
  /// One path.
  static OutputName exact(std::string path);
  /// The paths of an output that rotates: a number or a time may follow. `by_time`: each
  /// strftime(3) conversion of the pattern matches what it may write in the locale C, which is that
  /// of times in synfin: numbers, or one of the names of days or months.
  static OutputName rotating(std::string_view pattern, bool by_time);
  /// Paths with a word between `begin` and `end`.
  static OutputName with_word(std::string begin, std::string end);

  bool matches(std::string_view path) const;

 private:
  enum class Kind : unsigned char {
    Literal,
    Word,    ///< one or more characters without slash, "%" and ".."
    Time,    ///< one or more digits and signs between them
    Zone,    ///< the short name of a time zone, such as "CEST" or "+0330"
    Choice,  ///< one of `words`
    Number,  ///< digits, "." and "-", or nothing
  };
  struct Part {
    Kind kind = Kind::Literal;
    std::string text;
    std::vector<std::string> words;
  };

  static Part conversion_part(const std::string& conversion);
  bool matches_from(std::size_t part, std::string_view rest) const;

  std::vector<Part> parts_;
};

/// The output that a temporary file of OutputFile replaces: "/x/log" for
/// "/x/.log.0123456789abcdef". Empty for other names.
std::optional<std::string> replaced_by(std::string_view temporary);

/// Fails with kind Usage if one of the `outputs`, which are options and their files, would
/// overwrite one of the `inputs` before it is read: if it is the same file, or may become it by
/// rotation (see `names`). An empty file name is none.
Status check_not_overwritten(const std::vector<std::string>& inputs,
                             const std::vector<std::pair<std::string_view, std::string>>& outputs,
                             const std::vector<OutputName>& names);

}  // namespace synfin
