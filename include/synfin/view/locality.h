/// \file
/// Locality: the local networks, and the direction of a connection relative to them.
/// Tested in tests/unit/view/endpoints_view_test.cc.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "synfin/base/cidr.h"
#include "synfin/base/five_tuple.h"

namespace synfin {

/// Which ends of a connection are local.
enum class Direction : std::uint8_t {
  Inbound,   ///< only the responder
  Outbound,  ///< only the originator
  Looping,   ///< both
  Transit,   ///< neither
};
inline constexpr std::size_t kDirections = 4;

/// "Inbound", …
std::string_view to_string(Direction direction);

/// Local are the networks of --local-net and, in a live capture, the host's own addresses. If both
/// are empty, the private, link-local and loopback blocks are local (RFC 1918, RFC 4193, RFC 3927,
/// RFC 4291).
class Locality {
 public:
  Locality(std::vector<Cidr> nets, const std::vector<Address>& own);

  bool is_local(const Address& address) const;
  Direction direction(const Address& orig, const Address& resp) const;
  /// True if no network was given, so that the private blocks are assumed to be local.
  bool guessed() const { return guessed_; }

 private:
  std::vector<Cidr> nets_;
  std::set<Address> own_;
  bool guessed_;
};

}  // namespace synfin
