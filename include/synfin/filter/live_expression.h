/// \file
/// LiveExpression: the part of a live capture's filter expression that synfin evaluates itself.
///
/// The kernel filters TCP segments outside tunnels. An ICMP error passes if the packet that it
/// quotes would pass; a tunnelled packet also passes if its inner packet would. Tested in
/// tests/unit/filter/live_expression_test.cc and in tests/live/.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "synfin/base/packet.h"
#include "synfin/base/result.h"
#include "synfin/capture/bpf_assembler.h"
#include "synfin/capture/bpf_filter.h"
#include "synfin/decode/decoder.h"

namespace synfin {

/// Not thread-safe; used on the packet thread.
class LiveExpression {
 public:
  /// `in_kernel`: the kernel has applied the expression to TCP segments outside tunnels. Fails with
  /// kind Usage if the expression does not compile, unless the kernel has accepted it.
  static Result<LiveExpression> create(const std::string& expression, bool in_kernel);

  /// Moves the packets that pass to the front, in order, and returns their number.
  std::size_t keep(std::span<Packet> packets);

  /// True if a packet of this connection would pass in either direction.
  bool matches(const FiveTuple& tuple);

 private:
  LiveExpression(std::optional<BpfFilter> filter, bool in_kernel)
      : filter_(std::move(filter)), in_kernel_(in_kernel) {}

  bool passes(const Packet& packet);
  bool kernel_decided(const Packet& packet);
  bool matches_frame(const Packet& packet);
  bool matches_inside(const Packet& packet, const Segment& segment);

  std::optional<BpfFilter> filter_;
  bool in_kernel_;
  Decoder probe_;
  /// By link type, the program that selects the packets that the kernel does not filter.
  std::map<LinkType, BpfProgram> unfiltered_;
};

}  // namespace synfin
