/// \file
/// Annotations: what synfin knows about a connection beyond its packets, such as the names of its
/// addresses and the processes at its ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace synfin {

/// One end of a connection. An empty view or a zero means "unknown". Texts are hostile: escape them
/// before printing.
struct EndpointAnnotations {
  std::string_view name;        ///< the reverse name
  bool name_confirmed = false;  ///< the name resolves to the address
  std::string_view country;     ///< ISO 3166 alpha-2
  std::string_view as_org;
  std::string_view user;
  std::string_view exe;
  std::string_view cmdline = {};  ///< only with --cmdline, because it may hold secrets
  std::string_view unit = {};     ///< the process's container or systemd unit
  std::uint32_t asn = 0;
  std::uint32_t pid = 0;
  std::optional<bool> local;  ///< inside the local networks; unset if no network is known as local
};

/// The views point into caches and are valid until the next record is annotated.
struct Annotations {
  EndpointAnnotations orig;
  EndpointAnnotations resp;
  std::string_view port_name;      ///< of the responder's port
  std::string_view process_basis;  ///< "socket", "listener" or "gone"
};

}  // namespace synfin
