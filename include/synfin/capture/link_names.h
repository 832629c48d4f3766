/// \file
/// What libpcap calls a link type, and which number it goes by in libpcap's interface.
///
/// Spec: https://www.tcpdump.org/linktypes.html. Savefiles store LINKTYPE_ numbers, the same
/// everywhere; libpcap's functions take DLT_ numbers, a few of which depend on the system. Tested
/// in tests/unit/capture/link_names_test.cc.
#pragma once

#include <cstdint>
#include <string>

namespace synfin {

/// "EN10MB", "RAW", "LINUX_SLL2"; "LINKTYPE_300" where libpcap has no name.
std::string link_type_name(std::uint16_t linktype);

/// The DLT_ number of a LINKTYPE_ number on this system, and back.
int dlt_of_link_type(std::uint16_t linktype);
std::uint16_t link_type_of_dlt(int dlt);

}  // namespace synfin
