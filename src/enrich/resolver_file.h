/// \file
/// ResolverFile: the DNS servers that resolv.conf(5) names, which change when the machine joins
/// another network. c-ares reads the file only once.
/// Tested in tests/unit/enrich/resolver_file_test.cc and tests/live/names.py.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <string>
#include <string_view>

namespace synfin {

/// The addresses in the lines "nameserver ADDRESS" of a file, in order, as
/// ares_set_servers_ports_csv() expects them: "192.0.2.1,2001:db8::1". Others are left out.
std::string servers_of(std::string_view resolver_file);

/// Not thread-safe.
class ResolverFile {
 public:
  using Clock = std::chrono::steady_clock;

  explicit ResolverFile(std::string path);

  /// Looks at the file every five seconds. Returns its servers once after it has changed; empty if
  /// it has not, names none, or cannot be read. If this user may not read the new file, the helper
  /// process opens it.
  std::string changed(Clock::time_point now);

 private:
  std::string path_;
  struct stat known_ {};
  Clock::time_point next_;
};

}  // namespace synfin
