// The states beside a count: from the kernel or from packets, but always as many as the count.
#include "view/state_counts.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

PhaseCounts packets(std::uint32_t syn_sent, std::uint32_t syn_received, std::uint32_t established) {
  PhaseCounts counts{};
  counts[static_cast<std::size_t>(Phase::SynSent)] = syn_sent;
  counts[static_cast<std::size_t>(Phase::SynReceived)] = syn_received;
  counts[static_cast<std::size_t>(Phase::Established)] = established;
  return counts;
}

SocketStateCounts kernel(std::initializer_list<SocketState> sockets) {
  SocketStateCounts counts;
  for (const SocketState state : sockets) counts.add(state);
  return counts;
}

TEST(StateCounts, AreTheKernelsIfBothCountTheSame) {
  EXPECT_EQ(
      states_text(packets(0, 0, 2), kernel({SocketState::FinWait2, SocketState::Established})),
      "ESTABLISHED 1, FIN_WAIT2 1");
  EXPECT_EQ(states_text(packets(0, 0, 0), kernel({SocketState::TimeWait})), "TIME_WAIT 1");
}

TEST(StateCounts, ArePacketsIfTheKernelHasMoreOrFewerSockets) {
  // Half-open sockets from before the start.
  EXPECT_EQ(states_text(packets(0, 1, 0), kernel({SocketState::SynRecv, SocketState::SynRecv,
                                                  SocketState::TimeWait})),
            "SYN_RECV 1, TIME_WAIT 1");
  // A program has given up, but the SYN may still be answered.
  EXPECT_EQ(states_text(packets(3, 0, 0), kernel({})), "SYN_SENT 3");
}

}  // namespace
}  // namespace synfin
