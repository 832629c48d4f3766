/// \file
/// FilterRules: rules that hide connections, in the format of netstat-monitor's filter files. A
/// connection is hidden if it matches every parameter of a section.
///
///     [firefox]                      # a name
///     exe: /usr/lib/firefox/firefox  # ":" or "="
///     user: alice
///     remote_ports: 53, 80, 443
///
/// Regular expressions run in RE2, in time linear in the text, because any process can choose the
/// text. Sections are indexed by their rarest exact value, so that 200 000 of them cost no more
/// than a few. Tested in tests/unit/filter/filter_rules_test.cc.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/five_tuple.h"
#include "synfin/base/result.h"

namespace synfin {

class HostAddresses;
class RuleIndex;
struct RuleSection;

/// One connection from the point of view of one of its ends. An empty text is unknown; a section
/// that has a parameter for it does not match then.
struct LocalView {
  Endpoint local;
  Endpoint remote;
  std::string_view local_name, remote_name;
  std::string_view exe, cmdline, user;
  std::uint32_t pid = 0;
  std::string_view state;  ///< "ESTABLISHED"
};

class FilterRules {
 public:
  /// Fails with kind Usage, naming file, line and reason. Without `resolve`, a section with a host
  /// name in remote_hosts never matches, and notices() has a sentence about it.
  static Result<FilterRules> read(const std::string& path, bool resolve);

  FilterRules();
  ~FilterRules();
  FilterRules(FilterRules&&) noexcept;
  FilterRules& operator=(FilterRules&&) noexcept;

  /// `hosts` knows the addresses of host_names(); null if they are not resolved.
  bool hides(const LocalView& connection, const HostAddresses* hosts = nullptr) const;

  /// True if a section has a parameter that only --process can match.
  bool needs_processes() const;
  /// The host names in remote_hosts, which may be resolved to addresses.
  std::vector<std::string> host_names() const;
  const std::vector<std::string>& notices() const { return notices_; }

 private:
  std::vector<RuleSection> sections_;
  std::unique_ptr<RuleIndex> index_;
  std::vector<std::string> notices_;
};

}  // namespace synfin
