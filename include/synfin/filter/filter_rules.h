/// \file
/// FilterRules: netstat-monitor's filter files, as they are: what matches all that a section says
/// is hidden.
///
///     [firefox]                      # a name
///     exe: /usr/lib/firefox/firefox  # ":" or "="
///     user: alice
///     remote_ports: 53, 80, 443
///
/// Expressions run by RE2, in time linear in the text, for the text is whoever's process it is.
/// Also here: filter files of addresses. Tested in tests/unit/filter/filter_rules_test.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/cidr.h"
#include "synfin/base/five_tuple.h"
#include "synfin/base/result.h"

namespace re2 {
class RE2;
}

namespace synfin {

/// One connection as one of its ends sees it. Texts may be empty: not known, and then no section
/// matches that asks for them.
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
  /// Fails with kind Usage, naming file, line and reason. With `resolve`, the names of remote_hosts
  /// are looked up now; without, a section that has some hides nothing, and notices() says so.
  static Result<FilterRules> read(const std::string& path, bool resolve);

  FilterRules();
  ~FilterRules();
  FilterRules(FilterRules&&) noexcept;
  FilterRules& operator=(FilterRules&&) noexcept;

  bool hides(const LocalView& connection) const;

  /// Whether a section asks for what only --process knows.
  bool needs_processes() const;
  const std::vector<std::string>& notices() const { return notices_; }

 private:
  struct Section;
  class Reader;

  std::vector<Section> sections_;
  std::vector<std::string> notices_;
};

/// A filter file: an address or a CIDR a line, `#` begins a comment. Fails with kind Usage.
Result<std::vector<Cidr>> read_address_file(const std::string& path);

}  // namespace synfin
