/// \file
/// read_socket(): one socket in the kernel's answer to a sock_diag request.
///
/// Spec: sock_diag(7), linux/inet_diag.h, struct tcp_info. Fuzzed by
/// tests/fuzz/socket_message_fuzz.cc, tested through SocketTable.
#pragma once

#include <linux/netlink.h>

#include <optional>

#include "synfin/enrich/socket_table.h"

namespace synfin {

/// Returns nothing for a message that describes no IPv4 or IPv6 socket. REQUIRES: the message is
/// complete, as mnl_cb_run() passes it.
std::optional<SocketInfo> read_socket(const nlmsghdr& header);

}  // namespace synfin
