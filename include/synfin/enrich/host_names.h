/// \file
/// HostNames: the names that are known now, and the questions for those that are not.
///
/// look_up() → name, or nothing and a question to the DnsClient; take_answers() brings what came
/// back. No call but wait() ever waits, so a slow or dead resolver delays no line. Tested in
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
#include "synfin/base/mix.h"
#include "synfin/base/result.h"
#include "synfin/enrich/dns_client.h"

namespace synfin {

struct HostName {
  std::string text;        ///< hostile
  bool confirmed = false;  ///< it leads back to the address
};

/// Why somebody wants a name.
enum class NameReason : unsigned char {
  Attempt,      ///< somebody tried, maybe under a forged address: asked at a capped rate
  Established,  ///< a handshake proves the address: asked first
};

/// Memory: at most `max_names` addresses; the one looked up longest ago goes first. Used by one
/// thread.
class HostNames {
 public:
  static Result<std::unique_ptr<HostNames>> start(const DnsOptions& options,
                                                  std::size_t max_names = 100'000);

  /// The name as it is known now; null without. Lives until take_answers() or ask().
  const HostName* look_up(const Address& address, NameReason reason);

  /// Sends the questions on, and takes in what was answered. Cheap when there is nothing.
  void take_answers();

  /// Until all that was asked for is answered, at most until `deadline`.
  void wait(std::chrono::steady_clock::time_point deadline);

  struct Counts {
    std::uint64_t named = 0;
    std::uint64_t nameless = 0;
    std::uint64_t unresolved = 0;  ///< no answer came, or none yet
    bool some_not_asked = false;   ///< attempts came faster than they may be asked for
  };
  Counts counts() const;

 private:
  using Clock = std::chrono::steady_clock;
  enum class State : unsigned char { Waiting, Named, Nameless, Failed };
  struct Entry {
    HostName name;
    State state = State::Waiting;
    bool waiting = true;
    bool urgent = false;
    Clock::time_point expires{};
    std::list<Address>::iterator use;
  };
  struct Hash {
    std::size_t operator()(const Address& a) const {
      return mix64(a.high() ^ 0x9E3779B97F4A7C15, a.low() ^ 0xD1B54A32D192ED03);
    }
  };

  HostNames(std::unique_ptr<DnsClient> client, std::size_t most_patient, std::size_t max_names)
      : client_(std::move(client)), most_patient_(most_patient), max_names_(max_names) {}

  std::uint64_t waiting() const { return urgent_ + patient_; }

  void ask(const Address& address, Entry& entry, NameReason reason);
  void take(DnsAnswer& answer);
  void make_room();

  std::unique_ptr<DnsClient> client_;
  std::size_t most_patient_;
  std::size_t max_names_;
  std::unordered_map<Address, Entry, Hash> names_;
  std::list<Address> uses_;  ///< the latest first
  std::vector<DnsQuestion> questions_;
  std::vector<DnsAnswer> answers_;
  std::uint64_t urgent_ = 0;   ///< questions without an answer yet
  std::uint64_t patient_ = 0;  ///< the same, of those that can wait
  std::uint64_t not_asked_ = 0;
  Clock::time_point now_ = Clock::now();
};

}  // namespace synfin
