/// \file
/// FiveTuple and ConnectionKey: the two ends of a connection and its transport.
///
/// They are two types because they have two meanings. A FiveTuple has a direction; records and logs
/// contain it. A ConnectionKey has none; tables look it up. Tested in
/// tests/unit/base/five_tuple_test.cc.
#pragma once

#include <compare>
#include <cstdint>

#include "synfin/base/address.h"
#include "synfin/base/transport.h"

namespace synfin {

struct Endpoint {
  Address address;
  std::uint16_t port = 0;

  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// Originator → responder; in a Segment, source → destination.
struct FiveTuple {
  Endpoint orig;
  Endpoint resp;
  Transport transport = Transport::Tcp;

  FiveTuple reversed() const { return {resp, orig, transport}; }
  friend constexpr auto operator<=>(const FiveTuple&, const FiveTuple&) = default;
};

/// Equal for both directions of a connection: `low` is the smaller endpoint. Connections of
/// different transports have different keys.
struct ConnectionKey {
  Endpoint low;
  Endpoint high;
  Transport transport = Transport::Tcp;

  static ConnectionKey of(const FiveTuple& t) {
    return t.orig <= t.resp ? ConnectionKey{t.orig, t.resp, t.transport}
                            : ConnectionKey{t.resp, t.orig, t.transport};
  }
  friend constexpr auto operator<=>(const ConnectionKey&, const ConnectionKey&) = default;
};

}  // namespace synfin
