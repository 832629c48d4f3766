/// \file
/// Tests of src/decode/checksum.cc: --verify-checksums.
#include "decode/checksum.h"

#include <gtest/gtest.h>

#include "support/decode_one.h"

namespace synfin {
namespace {

using namespace test;

constexpr DecodeOptions kVerify{.verify_checksums = true};

Fate verified(const Stack& packet, std::size_t caplen = SIZE_MAX) {
  return decode_one(packet, caplen, kVerify).fate;
}

TEST(Checksum, RightOnesPass) {
  for (std::size_t size = 0; size < 9; ++size) {
    EXPECT_EQ(verified(Ethernet{} / Ipv4{} / Tcp{.seq = 0xFFFF} / Payload{size}), Fate::Decoded)
        << size;
    EXPECT_EQ(verified(Ethernet{} / Ipv6{} / Tcp{.seq = 0xFFFF} / Payload{size}), Fate::Decoded)
        << size;
  }
  EXPECT_EQ(
      verified(Ethernet{.pad = true} / Ipv4{.options = Bytes(8, 1)} / Tcp{.options = Bytes(8, 1)}),
      Fate::Decoded);
  EXPECT_EQ(verified(Ethernet{} / Ipv4{} / Gre{} / Ipv6{} / Tcp{} / Payload{5}), Fate::Decoded);
  EXPECT_EQ(verified(Ethernet{} / Ipv6{} / HopByHop{} / Tcp{} / Payload{5}), Fate::Decoded);
}

TEST(Checksum, WrongOnesAreDroppedOnlyOnRequest) {
  const Stack wrong[] = {
      Ethernet{} / Ipv4{} / Tcp{.checksum = 0x1234} / Payload{5},
      Ethernet{} / Ipv6{} / Tcp{.checksum = 0x1234} / Payload{5},
      Ethernet{} / Ipv4{.checksum = 0x1234} / Tcp{} / Payload{5},
      Ethernet{} / Vlan{.id = 3} / Ipv4{.checksum = 0x1234} / Tcp{} / Payload{5},
  };
  for (const Stack& packet : wrong) {
    EXPECT_EQ(verified(packet), Fate::BadChecksum);
    EXPECT_EQ(decode_one(packet).fate, Fate::Decoded);
  }
}

TEST(Checksum, EveryFlippedBitShows) {
  for (const Stack& packet :
       {Ipv4{} / Tcp{.seq = 7} / Payload{3}, Ipv6{} / Tcp{.seq = 7} / Payload{3}}) {
    const Bytes good = packet.bytes();
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
      Bytes bad = good;
      bad[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
      const Fate fate = decode_one(bad, LinkType::Raw, SIZE_MAX, kVerify).fate;
      const bool version = bit >= 4 && bit < 8;
      const bool unprotected = bit / 8 < 4 || bit / 8 == 7;  // IPv6: class, flow, hop limit
      // A larger IPv6 payload length is that of a frame which a mirror cut: nothing can be
      // verified.
      const bool longer =
          good[0] >> 4 == 6 && bit / 8 >= 4 && bit / 8 < 6 && (bad[bit / 8] > good[bit / 8]);
      if ((good[0] >> 4 == 6 && unprotected && !version) || longer) continue;
      EXPECT_NE(fate, Fate::Decoded) << bit;
    }
  }
}

TEST(Checksum, CutPacketsAreNotVerified) {
  const Stack packet = Ethernet{} / Ipv4{} / Tcp{.checksum = 0x1234} / Payload{5};
  EXPECT_EQ(verified(packet, packet.bytes().size() - 1), Fate::Decoded);
  EXPECT_EQ(
      verified(Ethernet{} / Ipv4{.more_fragments = true} / Tcp{.checksum = 0x1234} / Payload{8}),
      Fate::Decoded);
  EXPECT_EQ(
      verified(Ethernet{} / Ipv6{} / Fragment{.more = true} / Tcp{.checksum = 0x1234} / Payload{8}),
      Fate::Decoded);
}

TEST(Checksum, OnlyTheInnermostHeaderCounts) {
  EXPECT_EQ(verified(Ethernet{} / Ipv4{.checksum = 0x1234} / Ipv4{} / Tcp{}), Fate::Decoded);
  EXPECT_EQ(verified(Ethernet{} / Ipv4{.checksum = 0x1234} / Ipv6{} / Tcp{}), Fate::Decoded);
  EXPECT_EQ(verified(Ethernet{} / Ipv4{} / Ipv4{.checksum = 0x1234} / Tcp{}), Fate::BadChecksum);
}

TEST(Checksum, OtherProtocolsAreNotVerified) {
  EXPECT_EQ(verified(Ethernet{} / Ipv4{.checksum = 0x1234} / Udp{} / Payload{5}), Fate::NotTcp);
}

}  // namespace
}  // namespace synfin
