/// \file
/// WatchList: hosts and ports that a person lists in a file, for --watch-file and --expect.
///
///     # a comment
///     192.0.2.1          22,80,8000-8080
///     192.0.2.0/24       443          # every host of the network
///     2001:db8::1                     # every port
///     *                  25           # every host
///
/// Tested in tests/unit/inventory/watch_list_test.cc.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "synfin/base/address.h"
#include "synfin/base/result.h"

namespace synfin {

/// Immutable, so any thread may read it.
class WatchList {
 public:
  /// Reads a file. Fails with a sentence that names file, line and fault.
  static Result<std::shared_ptr<const WatchList>> read(const std::string& path);
  /// `path` is for messages only.
  static Result<std::shared_ptr<const WatchList>> parse(std::string_view text,
                                                        const std::string& path);
  ~WatchList();

  bool contains(const Address& host, std::uint16_t port) const;

 private:
  struct Rules;
  explicit WatchList(std::unique_ptr<Rules> rules);
  std::unique_ptr<Rules> rules_;
};

}  // namespace synfin
