/// \file
/// CaptureScope: would a live capture see this host's connection? By its interfaces' addresses and
/// the filter expression. Tested in tests/unit/app/socket_watch_test.cc.
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
  /// `interfaces` by their names. Fails where the expression cannot be used.
  static Result<CaptureScope> make(const std::vector<std::string>& interfaces,
                                   const std::string& expression);

  bool operator()(const FiveTuple& tuple);
  /// Would it see a connection to this listener? REQUIRES: it listens.
  bool hears(const SocketInfo& listener);

 private:
  bool passes_interface(const FiveTuple& tuple) const;

  bool any_ = false;
  bool loopback_ = false;
  std::set<Address> captured_;  ///< addresses of the interfaces captured on
  std::set<Address> own_;       ///< of all
  std::optional<LiveExpression> expression_;
};

}  // namespace synfin
