/// \file
/// What is known about a connection beyond its packets: who the addresses are and which processes
/// own its ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace synfin {

/// One end of a connection. An empty view or a zero means not known. Texts are hostile: escape
/// before printing.
struct EndpointAnnotations {
  std::string_view name;        ///< reverse name
  bool name_confirmed = false;  ///< the name leads back to the address
  std::string_view country;     ///< ISO 3166 alpha-2
  std::string_view as_org;
  std::string_view user;
  std::string_view exe;
  std::string_view cmdline = {};  ///< only where it was asked for: it may hold secrets
  std::string_view unit = {};     ///< the process's container or systemd unit
  std::uint32_t asn = 0;
  std::uint32_t pid = 0;
  std::optional<bool> local;  ///< inside the local networks; not known without any
};

/// The views live as long as the caches they point into: until the next record is annotated.
struct Annotations {
  EndpointAnnotations orig;
  EndpointAnnotations resp;
  std::string_view port_name;      ///< of the responder's port
  std::string_view process_basis;  ///< "socket", "listener", "gone"
};

}  // namespace synfin
