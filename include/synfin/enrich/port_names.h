/// \file
/// PortNames: the names of TCP ports, 443 → "https". Tested in
/// tests/unit/enrich/port_names_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace synfin {

/// Not thread-safe. Views are valid as long as the object they came from, even if it is moved.
class PortNames {
 public:
  struct Service {
    std::uint16_t port = 0;
    std::string name;
  };

  /// Uses the system's services database (/etc/services), which the first call of name() reads.
  PortNames() = default;
  /// Uses only these services. The first name of a port counts.
  explicit PortNames(std::vector<Service> services);

  /// Returns the name of `port`/tcp, or nothing if it has none.
  std::string_view name(std::uint16_t port);

 private:
  void build_index();

  bool loaded_ = false;
  std::vector<Service> services_;
  std::vector<std::uint16_t> index_;  ///< port → services_ + 1, or 0
};

}  // namespace synfin
