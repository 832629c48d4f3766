/// \file
/// Who talks to whom: FiveTuple has a direction, ConnectionKey has none.
///
/// The protocol is always TCP here, so it is in neither. Two meanings, two types: a FiveTuple is
/// what a person reads, a ConnectionKey is what a table looks up. Tested in
/// tests/unit/base/five_tuple_test.cc.
#pragma once

#include <compare>
#include <cstdint>

#include "synfin/base/address.h"

namespace synfin {

struct Endpoint {
  Address address;
  std::uint16_t port = 0;

  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// Originator → responder.
struct FiveTuple {
  Endpoint orig;
  Endpoint resp;

  FiveTuple reversed() const { return {resp, orig}; }
  friend constexpr auto operator<=>(const FiveTuple&, const FiveTuple&) = default;
};

/// The same for both directions of a connection: `low` is the smaller endpoint.
struct ConnectionKey {
  Endpoint low;
  Endpoint high;

  static ConnectionKey of(const FiveTuple& t) {
    return t.orig <= t.resp ? ConnectionKey{t.orig, t.resp} : ConnectionKey{t.resp, t.orig};
  }
  friend constexpr auto operator<=>(const ConnectionKey&, const ConnectionKey&) = default;
};

}  // namespace synfin
