/// \file
/// ShowSubject: the properties of one row (a connection, a socket, or a group of connections in a
/// view) with which --show and the screen's `/` compare. See show_expression.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "synfin/base/address.h"
#include "synfin/enrich/annotations.h"

namespace synfin {

/// One end of a connection. An empty text, a zero or nullopt is unknown; a term with that key does
/// not match it.
struct ShowEnd {
  std::optional<Address> address;
  std::uint16_t port = 0;
  std::uint32_t asn = 0;
  std::uint32_t pid = 0;
  std::string_view name;
  std::string_view country;
  std::string_view as_org;
  std::string_view user;
  std::string_view exe;
  std::string_view unit;  ///< container or systemd unit

  /// Copies what is annotated; address and port stay.
  void annotate(const EndpointAnnotations& about);
};

/// The texts must live until matches() returns. They may be hostile.
struct ShowSubject {
  ShowEnd orig;  ///< of a socket: the local end, unless it listens
  ShowEnd resp;  ///< of a row with one address: the end that the row is about
  std::string_view port_name;
  std::string_view proto;  ///< "tcp" or "udp"
  /// Lists of words, separated by blanks and commas: conn_state, outcome, the kernel's socket
  /// state.
  std::array<std::string_view, 4> states;
  std::string_view outcomes;  ///< a list of outcomes; a group of connections has several
  std::string_view text;      ///< everything that the row shows, for terms without a key
};

}  // namespace synfin
