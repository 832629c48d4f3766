/// \file
/// Names of TCP ports from /etc/services: 443 → "https".
/// Tested in tests/unit/enrich/port_names_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace synfin {

/// Loaded when first asked for a name, then fixed; the views it gives live as long as it does,
/// moved or not. Not thread-safe: one per thread.
class PortNames {
 public:
  explicit PortNames(std::string path = "/etc/services") : path_(std::move(path)) {}
  PortNames(PortNames&&) = default;
  PortNames& operator=(PortNames&&) = default;
  PortNames(const PortNames&) = delete;  // names_ points into text_
  PortNames& operator=(const PortNames&) = delete;

  /// The first name that the file gives to `port`/tcp. Empty where it gives none (or cannot be
  /// read: port numbers then stand alone).
  std::string_view name(std::uint16_t port);

 private:
  void load();
  void read_file();

  std::string path_;
  std::vector<char> text_;
  std::vector<std::string_view> names_;  ///< in the file's order, behind an empty one
  std::vector<std::uint16_t> index_;     ///< port → names_; empty until loaded
};

}  // namespace synfin
