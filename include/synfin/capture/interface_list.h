/// \file
/// The interfaces on which packets can be captured: the list that -D prints, and the names and
/// numbers that -i accepts. Tested in tests/unit/capture/interface_list_test.cc.
#pragma once

#include <string>
#include <vector>

#include "synfin/base/result.h"

namespace synfin {

/// One interface as -D lists it.
struct InterfaceListing {
  std::string name;
  std::string description;
  std::vector<std::string> addresses;
  std::string link_type;  ///< "EN10MB"; empty if unknown
  bool up = false;
  bool running = false;
  bool loopback = false;
  bool wireless = false;
};

/// Lists network interfaces in libpcap's order, which -i accepts as numbers from 1.
Result<std::vector<InterfaceListing>> list_interfaces();

/// "1. eth0  up, running  EN10MB  192.0.2.7 2001:db8::7". Addresses that exceed `width` columns
/// continue on further lines; 0 is no limit.
std::string format_interfaces(const std::vector<InterfaceListing>& interfaces,
                              std::size_t width = 0);

/// Returns the interface's name for an argument of -i, which is a name or a number in the list of
/// -D.
Result<std::string> interface_name(const std::string& name_or_number);

/// A sentence with the commands that give the user permission to capture on `name`.
std::string capture_permission_help(const std::string& name);

}  // namespace synfin
