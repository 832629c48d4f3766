/// \file
/// PortNames: the names of TCP ports, 443 → "https", and ServiceNames: the opposite. Tested in
/// tests/unit/enrich/port_names_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
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

/// Names and aliases of TCP and UDP services and their ports: "www" → 80. Immutable.
class ServiceNames {
 public:
  /// Letters of names match in either case. Of services with the same name, the first counts.
  explicit ServiceNames(std::vector<PortNames::Service> services);
  ServiceNames(const ServiceNames&) = delete;
  ServiceNames& operator=(const ServiceNames&) = delete;
  /// The system's services database, which the first call reads. Thread-safe.
  static const ServiceNames& system();

  /// REQUIRES: `name` is in lower case.
  std::optional<std::uint16_t> port(std::string_view name) const;
  /// All names, in lower case and sorted.
  std::span<const std::string_view> names() const { return names_; }

 private:
  std::vector<PortNames::Service> services_;  ///< sorted by name
  std::vector<std::string_view> names_;
};

}  // namespace synfin
