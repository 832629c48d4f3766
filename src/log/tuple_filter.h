/// \file
/// TupleFilter: a filter expression for connections of which only addresses, ports and protocol are
/// known. Tested in tests/unit/log/tuple_filter_test.cc.
#pragma once

#include <string>

#include "synfin/base/five_tuple.h"
#include "synfin/base/result.h"
#include "synfin/filter/live_expression.h"

namespace synfin {

class TupleFilter {
 public:
  /// Fails with kind Usage if the expression does not compile, or if it depends on more than
  /// addresses, ports and protocols: flags, lengths, VLANs, link addresses.
  static Result<TupleFilter> create(const std::string& expression);

  /// True if a packet of the connection would pass in either direction.
  bool matches(const FiveTuple& tuple) { return expression_.matches(tuple); }

 private:
  explicit TupleFilter(LiveExpression expression) : expression_(std::move(expression)) {}
  LiveExpression expression_;
};

}  // namespace synfin
