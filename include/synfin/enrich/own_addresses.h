/// \file
/// OwnAddresses: the IP addresses of this host's interfaces, as they come and go.
///
/// rtnetlink → sorted addresses. Spec: rtnetlink(7), RTM_GETADDR. It asks the kernel alone, needs
/// no privilege, and sees the network namespace in which it was opened. Tested against a namespace
/// of its own in tests/unit/enrich/own_addresses_test.cc.
#pragma once

#include <cstddef>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/base/result.h"

namespace synfin {

/// Not thread-safe. Copies nothing but its list.
class OwnAddresses {
 public:
  static Result<OwnAddresses> open();
  ~OwnAddresses();
  OwnAddresses(OwnAddresses&& other) noexcept;
  OwnAddresses& operator=(OwnAddresses&& other) noexcept;

  /// Takes in what has changed since; never waits. True when something has.
  bool follow();

  /// In order, each once; all of 127.0.0.0/8 belongs to them besides.
  const std::vector<Address>& addresses() const { return addresses_; }
  bool contains(const Address& address) const;

 private:
  explicit OwnAddresses(int socket) : socket_(socket) {}

  Status ask();
  Status read_answer();
  bool take(const char* bytes, std::size_t size);
  void add(const Address& address);
  void remove(const Address& address);

  int socket_;
  std::vector<Address> addresses_;
};

}  // namespace synfin
