/// \file
/// TypedFilter: parses the text that is typed behind `/` as a ShowExpression, each time it changes.
/// Tested in tests/unit/view/screen_frame_test.cc.
#pragma once

#include <string>
#include <utility>

#include "synfin/filter/show_expression.h"

namespace synfin {

class TypedFilter {
 public:
  /// An expression that cannot be parsed hides nothing.
  const ShowExpression& read(const std::string& text) {
    if (text == text_) return expression_;
    text_ = text;
    auto parsed = ShowExpression::parse(text);
    error_ = parsed ? std::string{} : parsed.error().message;
    expression_ = parsed ? std::move(*parsed) : ShowExpression{};
    return expression_;
  }
  /// The error of the text that was read last; empty if there is none.
  const std::string& error() const { return error_; }

 private:
  std::string text_;
  std::string error_;
  ShowExpression expression_;
};

}  // namespace synfin
