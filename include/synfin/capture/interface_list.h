/// \file
/// The interfaces that support capture, as option -D lists them and option -i accepts them.
/// Tested in tests/unit/capture/interface_list_test.cc.
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

/// "1. eth0  up, running  EN10MB  192.0.2.7 2001:db8::7".
std::string format_interfaces(const std::vector<InterfaceListing>& interfaces);

/// The name of the interface that -i denotes by its name or its number in -D.
Result<std::string> interface_name(const std::string& name_or_number);

/// One sentence with the commands that permit the user to capture on `name`.
std::string capture_permission_help(const std::string& name);

}  // namespace synfin
