/// \file
/// Names of link types, and the conversion between LINKTYPE_ and DLT_ numbers.
///
/// Spec: https://www.tcpdump.org/linktypes.html. Savefiles store LINKTYPE_ numbers, which are the
/// same on every system; libpcap's functions use DLT_ numbers, a few of which depend on the system.
/// Tested in tests/unit/capture/link_names_test.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "synfin/capture/packet_source.h"

namespace synfin {

/// "EN10MB", "RAW", "LINUX_SLL2"; "LINKTYPE_300" if libpcap has no name.
std::string link_type_name(std::uint16_t linktype);

/// "eth0 (EN10MB), tun0 (RAW)".
std::string with_link_types(std::span<const InterfaceInfo> interfaces);

/// The DLT_ number of a LINKTYPE_ number on this system, and back.
int dlt_of_link_type(std::uint16_t linktype);
std::uint16_t link_type_of_dlt(int dlt);

}  // namespace synfin
