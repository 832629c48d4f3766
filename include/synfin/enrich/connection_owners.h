/// \file
/// ConnectionOwners: the processes at the ends of the connections that are tracked now.
///
/// request() → collect() → fill(), and forget() when the record is written. Tested in
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
#include "synfin/base/seeded_hash.h"
#include "synfin/enrich/annotations.h"
#include "synfin/enrich/process_finder.h"

namespace synfin {

/// Memory: at most 64 Ki connections; the oldest is evicted. Connections of one process share its
/// texts, which may have 8 KiB. Used by one thread.
class ConnectionOwners {
 public:
  /// Command lines are kept only if `cmdline` is set.
  ConnectionOwners(std::unique_ptr<ProcessFinder> finder, bool cmdline)
      : finder_(std::move(finder)), cmdline_(cmdline) {}

  /// Queues a question about a new connection. `again`: repeats the question of a known connection,
  /// because its state has changed and a better answer is possible: once, or twice if the other end
  /// may be in another network namespace, where it is known only from what its process does.
  void request(const ProcessQuestion& question, bool again);

  /// Sends the queued questions and waits up to kMaxWait for the answers, unless earlier answers
  /// are still missing. For connections that were open before the capture, it waits up to
  /// kMaxWaitForOpen in any case.
  void collect();

  /// Fills in the processes known now. The texts are valid until collect() or forget().
  void fill(const FiveTuple& tuple, Annotations& about) const;

  void forget(const FiveTuple& tuple);

  std::uint64_t lost() const { return finder_->lost(); }

 private:
  using SharedOwner = std::shared_ptr<const ProcessOwner>;
  struct Owners {
    SharedOwner low;  ///< never null
    SharedOwner high;
    unsigned repeats = 0;  ///< of the question
    std::list<ConnectionKey>::iterator age;
  };
  struct Hash {
    std::size_t operator()(const ConnectionKey& k) const { return seeded(k.low, k.high); }
    SeededHash seeded;
  };
  static constexpr std::size_t kMaxConnections = 1u << 16;
  static constexpr std::size_t kMaxRecent = 4096;
  /// A person does not notice a shorter delay.
  static constexpr std::chrono::milliseconds kMaxWait{100};
  static constexpr std::chrono::milliseconds kMaxWaitForOpen{1000};

  void take_answers();
  SharedOwner shared(ProcessOwner&& found);

  std::unique_ptr<ProcessFinder> finder_;
  bool cmdline_;
  std::unordered_map<ConnectionKey, Owners, Hash> owners_;
  std::list<ConnectionKey> ages_;  ///< the youngest first
  /// By process ID, the owner that was found last. It is forgotten with its last connection.
  std::unordered_map<std::uint32_t, std::weak_ptr<const ProcessOwner>> recent_;
  const SharedOwner nobody_ = std::make_shared<const ProcessOwner>();
  std::vector<ProcessQuestion> questions_;
  std::vector<ProcessAnswer> answers_;
  bool any_was_open_ = false;  ///< among questions_
  std::uint64_t waiting_ = 0;
  bool behind_ = false;
};

}  // namespace synfin
