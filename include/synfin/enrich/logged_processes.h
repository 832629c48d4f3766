/// \file
/// LoggedProcesses: the processes at the ends of connections, as a connection log states them.
/// Tested in tests/unit/log/record_source_test.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>

#include "synfin/base/five_tuple.h"
#include "synfin/base/time.h"
#include "synfin/enrich/annotations.h"
#include "synfin/track/connection.h"

namespace synfin {

/// The owner of one end. Texts are hostile; a zero or an empty text is unknown.
struct LoggedProcess {
  std::uint32_t pid = 0;
  std::string user, exe;
};

/// What the log says about one connection, which `tuple` and `first` identify.
struct LoggedOwners {
  FiveTuple tuple;
  Timestamp first{};
  LoggedProcess orig, resp;
  std::string_view basis;  ///< "socket", "listener", "gone" or empty, in static memory
};

/// Knows the connections of one batch of records. Not thread-safe.
class LoggedProcesses {
 public:
  /// Replaces what is known. `owners` must live until the next call.
  void replace(std::span<const LoggedOwners> owners);
  /// Fills in what is known of the record. The texts are valid until the next replace().
  void fill(const ConnectionRecord& record, Annotations& about) const;
  bool empty() const { return by_time_.empty(); }

 private:
  /// Few connections begin in the same nanosecond.
  std::unordered_multimap<std::int64_t, const LoggedOwners*> by_time_;
};

}  // namespace synfin
