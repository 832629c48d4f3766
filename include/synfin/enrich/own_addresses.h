/// \file
/// OwnAddresses: the current IP addresses of this host's interfaces.
///
/// rtnetlink → sorted addresses. Spec: rtnetlink(7), RTM_GETADDR. Needs no privilege and covers the
/// network namespace in which it was opened. Tested in a network namespace by
/// tests/unit/enrich/own_addresses_test.cc.
#pragma once

#include <cstddef>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/base/result.h"

struct mnl_socket;

namespace synfin {

/// Not thread-safe.
class OwnAddresses {
 public:
  static Result<OwnAddresses> open();
  ~OwnAddresses();
  OwnAddresses(OwnAddresses&& other) noexcept;
  OwnAddresses& operator=(OwnAddresses&& other) noexcept;

  /// Applies the changes since the last call and returns true if there were any. Never blocks.
  bool follow();
  /// A descriptor for poll(2) that is readable while follow() has changes to apply.
  int descriptor() const;

  /// Sorted and without duplicates. contains() also accepts all of 127.0.0.0/8.
  const std::vector<Address>& addresses() const { return addresses_; }
  bool contains(const Address& address) const;

 private:
  explicit OwnAddresses(mnl_socket* socket) : socket_(socket) {}

  Status request_all();
  bool apply(const char* bytes, std::size_t size);
  void add(const Address& address);
  void remove(const Address& address);

  mnl_socket* socket_;
  std::vector<Address> addresses_;
};

}  // namespace synfin
