/// \file
/// Reads arbitrary bytes as a DNS reply. What is found must be within the documented limits, and
/// the two ways to ask for an address must agree.
#include <array>
#include <chrono>

#include "enrich/dns_reply.h"
#include "support/fuzz_input.h"

using namespace synfin;
using fuzz::require;

namespace {

bool in_range(std::chrono::seconds ttl) {
  return ttl >= std::chrono::seconds{30} && ttl <= std::chrono::hours{24};
}

void check_addresses(fuzz::Bytes reply, bool v4) {
  const AddressRecords found = addresses_of(reply, v4);
  require(found.addresses.size() <= 64, "a reply has at most 64 addresses");
  require(in_range(found.ttl), "a time to live is clamped");
  for (const Address& address : found.addresses) {
    // An AAAA record may hold an IPv4-mapped address, which is looked for in A records.
    require(address.is_v4() != v4 || holds_address(reply, address),
            "a reply holds the addresses that it lists");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 65535) return 0;
  const fuzz::Bytes reply(data, size);
  if (const auto pointer = pointer_of(reply)) {
    require(!pointer->name.empty() && pointer->name.size() <= 255, "a name has 1 to 255 bytes");
    require(in_range(pointer->ttl), "a time to live is clamped");
  }
  check_addresses(reply, true);
  check_addresses(reply, false);
  return 0;
}
