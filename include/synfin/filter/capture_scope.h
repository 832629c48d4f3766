/// \file
/// CaptureScope: decides whether a live capture sees a connection of this host, by the addresses of
/// the captured interfaces and the filter expression. Tested in
/// tests/unit/enrich/socket_watch_test.cc.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "synfin/base/five_tuple.h"
#include "synfin/enrich/socket_table.h"
#include "synfin/filter/live_expression.h"

namespace synfin {

class CaptureScope {
 public:
  /// `interfaces` are names. Fails if the expression cannot be compiled.
  static Result<CaptureScope> make(const std::vector<std::string>& interfaces,
                                   const std::string& expression);

  bool operator()(const FiveTuple& tuple);
  /// True if the capture would see a connection to this listener. REQUIRES: listener.listening().
  bool covers_listener(const SocketInfo& listener);

 private:
  bool passes_interface(const FiveTuple& tuple) const;

  bool any_ = false;
  bool loopback_ = false;
  std::set<Address> captured_;  ///< the addresses of the captured interfaces
  std::set<Address> own_;       ///< the addresses of all interfaces
  std::optional<LiveExpression> expression_;
};

}  // namespace synfin
