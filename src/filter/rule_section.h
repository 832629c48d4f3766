/// \file
/// RuleSection: one parsed section of a rules file, and the reader of such files.
/// Tested in tests/unit/filter/filter_rules_test.cc.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "synfin/base/cidr.h"
#include "synfin/base/result.h"
#include "synfin/filter/filter_rules.h"

namespace synfin {

/// Hosts by name or address.
struct RuleHosts {
  std::vector<std::string> names;
  std::vector<Address> addresses;

  bool any() const { return !names.empty() || !addresses.empty(); }
};

struct RuleSection {
  std::string name;
  std::size_t line = 0;
  std::string exe, cmdline, user;
  bool cmdline_is_re = false;
  std::unique_ptr<re2::RE2> expression;
  std::optional<std::uint32_t> pid;
  RuleHosts local_hosts, remote_hosts;
  std::vector<Cidr> remote_ips;
  std::vector<std::uint16_t> local_ports, remote_ports;
  std::vector<std::string> states;
  bool has_parameters = false;
  bool disabled = false;  ///< it has a parameter that this run cannot match

  bool matches(const LocalView& connection, const HostAddresses* hosts) const;
};

struct RulesFile {
  std::vector<RuleSection> sections;
  std::vector<std::string> notices;
};

/// See FilterRules::read().
Result<RulesFile> read_rules_file(const std::string& path, bool resolve);

}  // namespace synfin
