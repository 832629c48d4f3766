/// \file
/// read_socket(): one socket in the kernel's answer to a sock_diag request.
///
/// Spec: sock_diag(7), linux/inet_diag.h, struct tcp_info. Fuzzed by
/// tests/fuzz/socket_message_fuzz.cc, tested through SocketTable.
#pragma once

#include <linux/netlink.h>

#include <optional>
#include <span>

#include "synfin/enrich/socket_table.h"

namespace synfin {

/// True if `bytes` are whole netlink messages. libmnl would follow a length above 2 GiB out of the
/// buffer.
bool is_framed(std::span<const char> bytes);

/// Returns nothing for a message that describes no IPv4 or IPv6 socket. REQUIRES: the message is
/// whole.
std::optional<SocketInfo> read_socket(const nlmsghdr& header);

}  // namespace synfin
