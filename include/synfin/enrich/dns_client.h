/// \file
/// DnsClient: asks a resolver for the names of addresses, on a thread of its own.
///
/// question → PTR query → forward query for the name → answer. By c-ares (RFC 1035, RFC 3596);
/// forward confirmation as RFC 8501 §2 describes it. What an answer says is the word of whoever
/// owns the address: hostile text. Tested in tests/unit/enrich/dns_client_test.cc.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/base/result.h"

namespace synfin {

struct DnsOptions {
  std::string server{};         ///< "192.0.2.1", "[2001:db8::1]:5353"; empty: the system's own
  std::size_t in_flight = 256;  ///< questions on their way at a time
  std::chrono::milliseconds timeout{1500};  ///< for a first answer; doubled for the second try
  int tries = 2;
  /// Questions that are not urgent: this many a second at most, and this many in the queue.
  unsigned patient_per_second = 50;
  std::size_t patient_queue = 1024;
};

struct DnsQuestion {
  Address address;
  bool urgent = false;
};

struct DnsAnswer {
  enum class Kind : unsigned char {
    Name,      ///< it has one
    Nameless,  ///< the resolver says that it has none
    Failed,    ///< no answer, or one of no use
    Refused,   ///< not asked: too many others were waiting
  };
  DnsQuestion question;
  Kind kind = Kind::Failed;
  std::string name;
  bool confirmed = false;        ///< the name leads back to the address
  std::chrono::seconds ttl{60};  ///< how long that holds
};

/// Whether `text` is an address with or without a port, as DnsOptions::server takes it.
bool is_dns_server(std::string_view text);

/// ask(), take() and wait() may be called from one thread while the client's own is at work; they
/// never wait for the network, but for wait().
class DnsClient {
 public:
  static Result<std::unique_ptr<DnsClient>> start(const DnsOptions& options);
  /// Ends at once, whatever is on its way.
  ~DnsClient();
  DnsClient(const DnsClient&) = delete;
  DnsClient& operator=(const DnsClient&) = delete;

  /// Each question gets one answer, in time.
  void ask(std::span<const DnsQuestion> questions);

  /// Appends the answers that have come.
  void take(std::vector<DnsAnswer>& answers);

  /// Until answers are there to take, or `deadline`.
  void wait(std::chrono::steady_clock::time_point deadline);

 private:
  class Loop;
  explicit DnsClient(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace synfin
