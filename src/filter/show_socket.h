/// \file
/// How a socket of this host answers a ShowExpression.
/// Tested in tests/unit/filter/show_filter_test.cc.
#pragma once

#include "synfin/enrich/annotations.h"
#include "synfin/enrich/socket_table.h"
#include "synfin/filter/show_expression.h"

namespace synfin {

/// `about` knows the addresses: orig stands for the local end, resp for the remote one. `owner`
/// knows the process. A connected socket has the outcome "open".
bool shows_socket(const ShowExpression& show, const SocketInfo& socket,
                  const EndpointAnnotations& owner, const Annotations& about);

}  // namespace synfin
