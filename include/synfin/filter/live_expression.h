/// \file
/// LiveExpression: the program's part of a person's filter expression on a live capture.
///
/// The kernel decides on TCP segments where it can. An ICMP error passes when the packet that it
/// quotes would, a tunnel's packet also when the packet inside would. Tested in
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
  /// `in_kernel`: TCP segments outside of tunnels have met the expression in the kernel. Fails
  /// (ErrorKind::Usage) when the expression does not compile here, unless the kernel has it.
  static Result<LiveExpression> create(const std::string& expression, bool in_kernel);

  /// Moves the packets that pass to the front, in order, and returns how many.
  std::size_t keep(std::span<Packet> packets);

  /// True when a packet of this connection would pass, in one direction or the other.
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
  std::map<LinkType, BpfProgram> looks_;  ///< what the kernel leaves to us, by link
};

}  // namespace synfin
