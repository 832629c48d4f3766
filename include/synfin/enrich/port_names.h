/// \file
/// Names of TCP ports from /etc/services: 443 → "https".
/// Tested in tests/unit/enrich/port_names_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace synfin {

/// Loaded when first asked for a name, then fixed. Not thread-safe: one per thread.
class PortNames {
 public:
  explicit PortNames(std::string path = "/etc/services") : path_(std::move(path)) {}

  /// Empty where the file names none (or cannot be read: port numbers then stand alone).
  std::string_view name(std::uint16_t port);

 private:
  void load();

  std::string path_;
  std::string text_;
  std::vector<std::string_view> names_;  ///< by port; empty until loaded
};

}  // namespace synfin
