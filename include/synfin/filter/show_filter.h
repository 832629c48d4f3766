/// \file
/// ShowFilter: --show EXPR applied to a run's events.
///
/// Each event is matched with its connection as it is after the event: event lines and the event
/// log hold the events that match, the connection log and reports the connections whose final
/// record matches, and views the connections that match now. A view must therefore see the other
/// events too: they withdraw a connection that no longer matches. Tested in
/// tests/unit/filter/show_filter_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "synfin/enrich/annotator.h"
#include "synfin/filter/show_expression.h"
#include "synfin/track/event.h"

namespace synfin {

/// Used by one thread at a time.
class ShowFilter {
 public:
  explicit ShowFilter(ShowExpression expression) : expression_(std::move(expression)) {}

  /// Those of `events` that match, in order; valid until the next call.
  std::span<const Event> select(std::span<const Event> events, Annotator& annotator);

  /// True if event number `i` of the latest select() matched.
  bool matched(std::size_t i) const { return matched_[i]; }

  /// Connections whose final record did not match.
  std::uint64_t omitted() const { return omitted_; }

 private:
  ShowExpression expression_;
  std::uint64_t omitted_ = 0;
  std::vector<bool> matched_;
  std::vector<Event> selected_;
};

}  // namespace synfin
