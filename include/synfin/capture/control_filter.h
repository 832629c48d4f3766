/// \file
/// The kernel's part of the work: a BPF program that passes what begins and ends connections.
///
/// Flow: link header → tags, PPPoE → IPv4 or IPv6 with its extension headers → TCP with SYN, FIN or
/// RST; an ICMP error that quotes TCP; a tunnel's packet, which the program looks into.
/// Specs: those of decode/, which reads the same headers. libpcap's `tcp[tcpflags]` sees no IPv6,
/// no tag and no tunnel, so this program is not made from an expression. Tested in
/// tests/unit/capture/control_filter_test.cc and, in the kernel, tests/live/.
#pragma once

#include <cstdint>

#include "synfin/capture/bpf_assembler.h"

namespace synfin {

struct ControlFilterOptions {
  std::uint16_t linktype = 1;  ///< LINKTYPE_ number of the packets
  /// Let TCP segments without SYN, FIN and RST, and all that is no TCP, pass to the expression too.
  bool all_packets = false;
  /// A person's expression, compiled for the same packets: has the last word on everything but
  /// ICMP errors and tunnels. Empty: all that gets to it passes.
  BpfProgram expression;
};

/// What passes, passes whole. A link type that this does not know gives a program that leaves all
/// work to the expression. Tags that the kernel keeps beside the frame need no care: the frame is
/// then without them.
BpfProgram make_control_filter(const ControlFilterOptions& options);

/// Passes only what make_control_filter() passes without asking the expression: ICMP errors,
/// tunnels, and what is too rare to be read in the kernel.
BpfProgram make_look_filter(std::uint16_t linktype);

/// True when Linux can run `program` on its own: no backward jump, not too long, and, on
/// LINUX_SLL and LINUX_SLL2, no look at a part of the header that a socket cannot give.
bool kernel_can_run(const BpfProgram& program, std::uint16_t linktype);

}  // namespace synfin
