/// \file
/// FastPathComparison: the fast path of Lifecycle against its state machine, segment by segment.
#pragma once

#include <map>
#include <vector>

#include "track/lifecycle.h"

namespace synfin::test {

/// Applies segments with the state machine, and expects the same result if the fast path applies
/// them, too.
class FastPathComparison {
 public:
  explicit FastPathComparison(PacketScope scope)
      : scope_(scope), details_(4096), lifecycle_(scope, details_) {}

  void feed(const Segment& s);

  /// Forgets all connections.
  void clear();

  std::size_t segments = 0;
  std::size_t fast_steps = 0;

 private:
  void begin(Slot& slot, const ConnectionKey& key, const Segment& s, unsigned sender);
  void step(Slot& slot, const Segment& s, unsigned sender);
  void compare(const Slot& slot, const LifecycleEvents& events, const Slot& fast,
               const std::vector<EventKind>& kinds);

  PacketScope scope_;
  DetailPool details_;
  Lifecycle lifecycle_;
  std::map<ConnectionKey, Slot> slots_;
};

}  // namespace synfin::test
