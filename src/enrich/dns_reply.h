/// \file
/// What DnsClient asks for and reads: the name of a reverse question, the records of its reply.
///
/// RFC 1035 §4.1, RFC 3596 §2.5. A reply's bytes are hostile. Tested in
/// tests/unit/enrich/dns_reply_test.cc.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "synfin/base/address.h"

namespace synfin {

/// "1.2.0.192.in-addr.arpa", and for IPv6 its nibbles under ip6.arpa.
std::string reverse_name(const Address& address);

struct PointerRecord {
  std::string name;          ///< hostile text, 255 bytes at most
  std::chrono::seconds ttl;  ///< within bounds, whatever the reply says
};

/// The first PTR record of a reply; nothing where there is none, or where the reply is broken.
std::optional<PointerRecord> pointer_of(std::span<const unsigned char> reply);

/// Whether one of the reply's A or AAAA records, as the family is, holds `wanted`.
bool holds_address(std::span<const unsigned char> reply, const Address& wanted);

}  // namespace synfin
