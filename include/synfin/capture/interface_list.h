/// \file
/// The interfaces that can be captured on, as -D lists them and -i takes them.
/// Tested in tests/unit/capture/interface_list_test.cc.
#pragma once

#include <string>
#include <vector>

#include "synfin/base/result.h"

namespace synfin {

/// What -D says of one.
struct InterfaceListing {
  std::string name;
  std::string description;
  std::vector<std::string> addresses;
  std::string link_type;  ///< "EN10MB"; empty where it cannot be asked
  bool up = false;
  bool running = false;
  bool loopback = false;
  bool wireless = false;
};

/// In libpcap's order: what -i takes as numbers, from 1. Only what can capture packets of a
/// network.
Result<std::vector<InterfaceListing>> list_interfaces();

/// "1. eth0  up, running  EN10MB  192.0.2.7 2001:db8::7".
std::string format_interfaces(const std::vector<InterfaceListing>& interfaces);

/// The name of what -i was given: a name, or a number of -D.
Result<std::string> interface_name(const std::string& asked);

/// What would help who may not capture on `name`: one sentence with the commands.
std::string capture_permission_help(const std::string& name);

}  // namespace synfin
