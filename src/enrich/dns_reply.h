/// \file
/// The name of a PTR query, and the records of a DNS reply.
///
/// Specs: RFC 1035 §4.1, RFC 3596 §2.5. A reply's bytes are hostile. Tested in
/// tests/unit/enrich/dns_reply_test.cc.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "synfin/base/address.h"

namespace synfin {

/// "1.2.0.192.in-addr.arpa" for IPv4, the nibbles under ip6.arpa for IPv6.
std::string reverse_name(const Address& address);

struct PointerRecord {
  std::string name;          ///< hostile text of at most 255 bytes
  std::chrono::seconds ttl;  ///< clamped to [30 s, 1 day]
};

/// Returns the first PTR record of a reply, or nothing if it has none or is broken.
std::optional<PointerRecord> pointer_of(std::span<const unsigned char> reply);

struct AddressRecords {
  std::vector<Address> addresses;
  std::chrono::seconds ttl;  ///< the smallest of them, clamped like that of a PointerRecord
};

/// Returns the A records of a reply (`v4`), or its AAAA records; at most 64.
AddressRecords addresses_of(std::span<const unsigned char> reply, bool v4);

/// True if one of the reply's A records (AAAA for an IPv6 address) holds `wanted`.
bool holds_address(std::span<const unsigned char> reply, const Address& wanted);

}  // namespace synfin
