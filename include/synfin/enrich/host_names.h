/// \file
/// HostNames: a cache of reverse names, filled by a DnsClient.
///
/// look_up() returns a cached name or queues a question; take_answers() sends the questions and
/// stores the answers. Only wait() blocks, so a slow or dead resolver delays no output. Tested in
/// tests/unit/enrich/host_names_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/base/result.h"
#include "synfin/base/seeded_hash.h"
#include "synfin/enrich/dns_client.h"

namespace synfin {

struct HostName {
  std::string text;        ///< hostile, at most 255 bytes
  bool confirmed = false;  ///< the name resolves to the address
};

/// The reason for a look-up decides its priority.
enum class NameReason : unsigned char {
  Attempt,      ///< a connection attempt, whose address may be forged: limited rate
  Established,  ///< a handshake has proved the address: urgent
};

/// Memory: at most `max_names` addresses; the least recently used is evicted. Used by one thread.
class HostNames {
 public:
  using Clock = std::chrono::steady_clock;

  static Result<std::unique_ptr<HostNames>> start(const DnsOptions& options,
                                                  std::size_t max_names = 100'000);

  /// Returns the cached name, or null if none is known. Queues a question if the address is new or
  /// its answer has expired. The result is valid until the next take_answers().
  const HostName* look_up(const Address& address, NameReason reason);

  /// Sends queued questions and stores the answers that have arrived. `now` decides which answers
  /// have expired. Cheap if there is nothing to do.
  void take_answers(Clock::time_point now = Clock::now());

  /// Waits until every question is answered, but not after `deadline`.
  void wait(Clock::time_point deadline);

  struct Counts {
    std::uint64_t named = 0;
    std::uint64_t nameless = 0;
    std::uint64_t unresolved = 0;  ///< no answer, or none yet
    bool some_not_asked = false;   ///< attempts arrived faster than the limit allows queries
  };
  Counts counts() const;

 private:
  enum class State : unsigned char { Waiting, Named, Nameless, Failed };
  struct CachedName {
    HostName name;
    State state = State::Waiting;
    bool waiting = true;
    bool urgent = false;
    Clock::time_point expires{};
    std::list<Address>::iterator use;
  };
  /// Questions without an answer yet.
  struct Waiting {
    std::uint64_t urgent = 0;
    std::uint64_t background = 0;
    std::uint64_t all() const { return urgent + background; }
  };

  HostNames(std::unique_ptr<DnsClient> client, std::size_t max_background, std::size_t max_names)
      : client_(std::move(client)), max_background_(max_background), max_names_(max_names) {}

  void ask(const Address& address, CachedName& entry, NameReason reason);
  void store(DnsAnswer& answer);
  void evict();

  std::unique_ptr<DnsClient> client_;
  std::size_t max_background_;
  std::size_t max_names_;
  std::unordered_map<Address, CachedName, SeededHash> names_;
  std::list<Address> uses_;  ///< the most recent first
  std::vector<DnsQuestion> questions_;
  std::vector<DnsAnswer> answers_;
  Waiting waiting_;
  std::uint64_t not_asked_ = 0;
  Clock::time_point now_ = Clock::now();
};

}  // namespace synfin
