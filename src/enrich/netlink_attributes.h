/// \file
/// for_each_attribute(): the attributes of a netlink message, for C++. (The macro of libmnl relies
/// on C's conversion of void pointers.)
#pragma once

#include <libmnl/libmnl.h>

#include <cstddef>

namespace synfin {

/// Calls `visit` with each attribute behind a body of `body_size` bytes.
template <typename Visit>
void for_each_attribute(const nlmsghdr& message, std::size_t body_size, const Visit& visit) {
  const auto* attribute =
      static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(&message, body_size));
  const auto* const end = static_cast<const char*>(mnl_nlmsg_get_payload_tail(&message));
  while (mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)))) {
    visit(*attribute);
    attribute = mnl_attr_next(attribute);
  }
}

}  // namespace synfin
