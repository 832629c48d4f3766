/// \file
/// DnsClient: resolves addresses to names, and names to addresses, on a thread of its own.
///
/// address → PTR query → forward query for the name → answer; host → A query → AAAA query → answer;
/// by c-ares (RFC 1035, RFC 3596). Forward confirmation follows RFC 8501 §2. The owner of an
/// address chooses its name, so names are hostile text. Tested in
/// tests/unit/enrich/dns_client_test.cc and host_names_test.cc.
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

/// Names the system's DNS servers. They are used as soon as the file changes.
inline constexpr const char* kResolverFile = "/etc/resolv.conf";

struct DnsOptions {
  std::string server{};  ///< "192.0.2.1", "[2001:db8::1]:5353"; empty: those of kResolverFile
  std::size_t in_flight = 256;              ///< the maximum number of unanswered queries
  std::chrono::milliseconds timeout{1500};  ///< of the first try; doubled for the second
  int tries = 2;
  /// Limits of questions that are not urgent: queries per second, and questions in the queue.
  unsigned background_per_second = 50;
  std::size_t background_queue = 1024;
};

/// Asks for the name of `address`, or, if `host` is not empty, for the addresses of that host.
struct DnsQuestion {
  Address address;
  bool urgent = false;
  std::string host{};
};

struct DnsAnswer {
  enum class Kind : unsigned char {
    Name,      ///< the address has a name, or the host has addresses
    Nameless,  ///< the resolver reports that there is none
    Failed,    ///< no usable reply
    NotSent,   ///< because the background queue was full
  };
  DnsQuestion question;
  Kind kind = Kind::Failed;
  std::string name;
  std::vector<Address> addresses{};  ///< of the host
  bool confirmed = false;            ///< the name resolves to the address
  std::chrono::seconds ttl{60};      ///< how long the answer is valid
};

/// True if `text` is an address with or without a port, as DnsOptions::server expects it.
bool is_dns_server(std::string_view text);
/// The port of such a text, or 0 if it has none.
std::uint16_t dns_server_port(std::string_view text);

/// One thread at a time may call ask(), take() and wait(). Only wait() blocks.
class DnsClient {
 public:
  static Result<std::unique_ptr<DnsClient>> start(const DnsOptions& options);
  /// Ends at once and abandons unanswered queries.
  ~DnsClient();
  DnsClient(const DnsClient&) = delete;
  DnsClient& operator=(const DnsClient&) = delete;

  /// Queues questions. Each one is answered exactly once.
  void ask(std::span<const DnsQuestion> questions);

  /// Appends the answers that have arrived.
  void take(std::vector<DnsAnswer>& answers);

  /// Waits until take() would return an answer, but not after `deadline`. Returns false if none
  /// will come, because the thread has failed.
  bool wait(std::chrono::steady_clock::time_point deadline);

 private:
  class Loop;
  explicit DnsClient(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace synfin
