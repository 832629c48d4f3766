/// \file
/// HostAddresses: the addresses of host names in rules, resolved in the background.
///
/// names → DnsClient → address → names. Nothing waits for an answer: until it arrives, the name
/// matches no address. Tested in tests/unit/filter/host_addresses_test.cc.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/base/result.h"
#include "synfin/base/seeded_hash.h"
#include "synfin/enrich/dns_client.h"

namespace synfin {

/// Used by one thread.
class HostAddresses {
 public:
  using Clock = std::chrono::steady_clock;

  /// Starts to resolve `names` through the server of `options`.
  static Result<std::unique_ptr<HostAddresses>> start(const DnsOptions& options,
                                                      std::vector<std::string> names);

  /// Stores the answers that have arrived, and resolves names again whose answers have expired at
  /// `now`. A failed refresh keeps the old addresses. Never waits.
  void update(Clock::time_point now = Clock::now());

  /// Waits until every name has an answer, but not after `deadline`.
  void wait(Clock::time_point deadline);

  /// The names that resolve to `address`. Valid until the next update().
  const std::vector<std::string>& names_of(const Address& address) const;

 private:
  struct ResolvedHost {
    std::vector<Address> addresses;
    bool waiting = false;
    Clock::time_point expires{};
  };

  explicit HostAddresses(std::unique_ptr<DnsClient> client) : client_(std::move(client)) {}
  void ask_expired(Clock::time_point now);
  void store(DnsAnswer& answer, Clock::time_point now);

  std::unique_ptr<DnsClient> client_;
  std::unordered_map<std::string, ResolvedHost> hosts_;
  std::unordered_map<Address, std::vector<std::string>, SeededHash> names_;
  std::vector<DnsAnswer> answers_;
  std::size_t waiting_ = 0;
  Clock::time_point next_expiry_{};
};

}  // namespace synfin
