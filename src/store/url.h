/// \file
/// StoreUrl: which database, on which hosts.
///
///     clickhouse://HOST[,HOST…][:PORT]/DATABASE     HTTP, port 8123
///     clickhouses://…                               HTTPS, port 8443
///
/// A port belongs to its host and to those before it that have none.
///
/// Tested in tests/unit/store/url_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/result.h"

namespace synfin {

struct StoreHost {
  std::string name;  ///< or address; IPv6 without brackets
  std::uint16_t port = 0;

  /// "[2001:db8::1]:8443".
  std::string text() const;
};

struct StoreUrl {
  std::vector<StoreHost> hosts;
  std::string database;  ///< letters, digits and underscores: needs no quoting
  bool tls = false;

  /// "https://[2001:db8::1]:8443/".
  std::string endpoint(std::size_t host) const;
  /// True if all hosts are addresses or the name of this host's loopback.
  bool is_loopback() const;
};

/// Fails with a sentence of kind Usage, which repeats nothing of `text`.
Result<StoreUrl> parse_store_url(std::string_view text);

/// True for a name that SQL needs no quotes for: a letter or underscore, then letters, digits and
/// underscores, at most 64.
bool is_plain_name(std::string_view text);

}  // namespace synfin
