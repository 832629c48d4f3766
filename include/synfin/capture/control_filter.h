/// \file
/// The kernel's filter for control mode: a BPF program that passes the packets that open and close
/// connections.
///
/// Flow: link header → tags, PPPoE → IPv4 or IPv6 with its extension headers → TCP with SYN, FIN or
/// RST. ICMP errors that quote TCP and tunneled packets also pass, because only user space decodes
/// them. Specs: those of decode/, which reads the same headers. libpcap's `tcp[tcpflags]` supports
/// neither IPv6 nor tags nor tunnels, so this program is not compiled from an expression. Tested in
/// tests/unit/capture/control_filter_test.cc and, in the kernel, tests/live/.
#pragma once

#include <cstdint>

#include "synfin/capture/bpf_assembler.h"

namespace synfin {

struct ControlFilterOptions {
  std::uint16_t linktype = 1;  ///< LINKTYPE_ number of the packets
  /// Applies the expression also to TCP segments without SYN, FIN and RST and to other protocols,
  /// instead of rejecting them.
  bool all_packets = false;
  /// The user's expression, compiled for the same link type. It decides on everything except ICMP
  /// errors and tunnels. If it is empty, all packets that reach it pass.
  BpfProgram expression;
};

/// Packets that pass are not cut. For a link type other than Ethernet, raw IP and Linux
/// cooked the program is the expression alone, so that user space decodes every packet. EtherTypes,
/// IP protocols and UDP ports that the decoder does not know are rejected. VLAN tags that the
/// kernel has removed from the frame need no handling.
BpfProgram make_control_filter(const ControlFilterOptions& options);

/// Passes only the packets that make_control_filter() passes without evaluating the expression:
/// ICMP errors, tunnels, and encapsulations that are too rare to be decoded in the kernel.
BpfProgram make_undecided_filter(std::uint16_t linktype);

/// True if Linux can run `program`: it has no backward jump, is not too long and, on LINUX_SLL and
/// LINUX_SLL2, reads no part of the header that the socket does not provide.
bool kernel_can_run(const BpfProgram& program, std::uint16_t linktype);

}  // namespace synfin
