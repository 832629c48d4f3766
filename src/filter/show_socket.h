/// \file
/// Compares a socket of this host with a ShowExpression. Tested in
/// tests/unit/filter/show_filter_test.cc.
#pragma once

#include "synfin/enrich/annotations.h"
#include "synfin/enrich/socket_table.h"
#include "synfin/filter/show_expression.h"

namespace synfin {

/// `about` describes the addresses, orig the local end and resp the remote one. `owner` describes
/// the process. A connected socket has the outcome "open".
bool shows_socket(const ShowExpression& show, const SocketInfo& socket,
                  const EndpointAnnotations& owner, const Annotations& about);

}  // namespace synfin
