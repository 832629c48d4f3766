/// \file
/// Random input for the property test of the window rule: conversations of one tuple with forged
/// segments, and hostile sequences. The same Random state gives the same segments.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "synfin/decode/segment.h"

namespace synfin::test {

/// A captured conversation, and what its two hosts really did.
struct AttackedConversation {
  struct Captured {
    Segment segment;
    unsigned sender;
    bool forged;
  };
  std::vector<Captured> segments;
  std::array<std::uint64_t, 2> bytes{};  ///< that each end sent
  bool complete = false;                 ///< the capture has the handshake and lost nothing
  bool closed = false;                   ///< both ends sent a FIN
};

/// Two hosts that obey RFC 9293 and each other's windows, and a blind attacker whose numbers are
/// outside every window. The capture loses packets, begins late, or has one direction only.
/// Segments begin at `now`, which the call advances.
AttackedConversation attacked_conversation(std::mt19937& random, Timestamp& now);

/// Segments with any flags and with numbers around windows, 2^31 and wraps. Most begin with a
/// handshake.
AttackedConversation hostile_sequence(std::mt19937& random, Timestamp& now);

}  // namespace synfin::test
