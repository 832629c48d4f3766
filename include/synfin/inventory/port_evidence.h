/// \file
/// PortEvidence: the distinct clients that have proved a port, and how fast it answers.
///
/// Up to 16 clients are counted exactly by their hashes; beyond that, a HyperLogLog sketch of 64
/// registers (Flajolet and others, 2007) estimates them, with a standard error of 13 %. The answer
/// time is the median of the last nine. Tested in tests/unit/inventory/port_evidence_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "synfin/base/address.h"
#include "synfin/base/prefetch.h"
#include "synfin/base/time.h"

namespace synfin {

class PortEvidence {
 public:
  void add_client(const Address& client);
  std::uint32_t clients() const { return clients_; }
  /// Loads what add_client() will read.
  void prefetch() const {
    if (sketch_) prefetch_line(sketch_.get());
  }

  void add_answer(Duration synack_rtt);
  /// kNoDuration if no answer was timed.
  Duration median_answer() const;

  /// The form that the state file stores, beside clients().
  void pack(std::string& out) const;
  /// Unusable bytes give an empty set.
  static PortEvidence unpack(std::string_view bytes, std::uint32_t clients);

 private:
  static constexpr std::size_t kExact = 16;
  static constexpr std::size_t kRegisters = 64;
  static constexpr std::size_t kAnswers = 9;
  /// Hashes of clients, or registers once there are more than kExact.
  union Sketch {
    std::array<std::uint32_t, kExact> hashes;
    std::array<std::uint8_t, kRegisters> registers;
  };
  static_assert(sizeof(Sketch) == kRegisters);

  void add_to_registers(std::uint32_t hash);
  void estimate();

  std::unique_ptr<Sketch> sketch_;  ///< null for one client
  std::uint32_t first_ = 0;         ///< the hash of the first client
  std::uint32_t clients_ = 0;
  std::array<std::uint16_t, kAnswers> answers_{};  ///< 2048 × the binary logarithm of microseconds
  std::uint8_t answers_known_ = 0;
  std::uint8_t next_answer_ = 0;
};

}  // namespace synfin
