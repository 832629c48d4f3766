/// \file
/// Addresses that do not belong to a public host: private, loopback, link-local, documentation,
/// multicast and reserved ones, by IANA's special-purpose address registries (RFC 6890 and its
/// updates). Tested in tests/unit/base/special_purpose_test.cc.
#pragma once

#include "synfin/base/address.h"

namespace synfin {

/// True for 127.0.0.0/8 and ::1.
bool is_loopback(const Address& address);

/// True if the registries list `address` as not globally reachable, or if it is multicast.
bool is_special_purpose(const Address& address);

}  // namespace synfin
