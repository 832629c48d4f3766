/// \file
/// ConnectionOwners: the processes at the ends of the connections that are followed now.
///
/// want() → gather() → fill(), and forget() at the end. Tested in
/// tests/unit/enrich/process_finder_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "synfin/base/five_tuple.h"
#include "synfin/base/mix.h"
#include "synfin/enrich/annotations.h"
#include "synfin/enrich/process_finder.h"

namespace synfin {

/// Memory: at most 64 Ki connections; the oldest goes first. Used by one thread.
class ConnectionOwners {
 public:
  /// Without `cmdline`, command lines are not kept.
  ConnectionOwners(std::unique_ptr<ProcessFinder> finder, bool cmdline)
      : finder_(std::move(finder)), cmdline_(cmdline) {}

  /// Notes that this connection's owners are wanted. `again`: something has happened that may let
  /// them be known better, such as the end of the handshake.
  void want(const ProcessQuestion& question, bool again);

  /// Sends the questions on and waits a moment for their answers: less than a person sees, and not
  /// at all while the finder is behind.
  void gather();

  /// What is known now. The texts live until gather() or forget().
  void fill(const FiveTuple& tuple, Annotations& about) const;

  void forget(const FiveTuple& tuple);

  std::uint64_t lost() const { return finder_->lost(); }

 private:
  struct Entry {
    ProcessOwner low;
    ProcessOwner high;
    bool asked_again = false;
    std::list<ConnectionKey>::iterator age;
  };
  struct Hash {
    std::size_t operator()(const ConnectionKey& k) const {
      const std::uint64_t ports = std::uint64_t{k.low.port} << 16 | k.high.port;
      return mix64(mix64(k.low.address.low() ^ kOdd, k.high.address.low() + kOdd) ^ ports,
                   k.low.address.high() + k.high.address.high() + kOdd);
    }
  };
  static constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
  static constexpr std::size_t kMost = 1u << 16;
  static constexpr std::chrono::milliseconds kMoment{40};

  void take_answers();

  std::unique_ptr<ProcessFinder> finder_;
  bool cmdline_;
  std::unordered_map<ConnectionKey, Entry, Hash> owners_;
  std::list<ConnectionKey> ages_;  ///< the youngest first
  std::vector<ProcessQuestion> questions_;
  std::vector<ProcessAnswer> answers_;
  std::uint64_t waiting_ = 0;
  bool behind_ = false;
};

}  // namespace synfin
