/// \file
/// Tests of src/decode/decoder.cc: batches and the ledger.
#include "synfin/decode/decoder.h"

#include <gtest/gtest.h>

#include <iterator>
#include <utility>
#include <vector>

#include "support/decode_one.h"

namespace synfin {
namespace {

using namespace test;

class Batch {
 public:
  void add(const Stack& packet, std::uint32_t caplen = UINT32_MAX) {
    add(packet.bytes(), packet.link(), caplen);
  }
  void add(Bytes bytes, LinkType link, std::uint32_t caplen = UINT32_MAX) {
    bytes_.push_back(std::move(bytes));
    packets_.push_back(as_packet(bytes_.back(), link,
                                 timestamp_from_ns(static_cast<std::int64_t>(packets_.size())),
                                 caplen));
  }
  const std::vector<Packet>& packets() const { return packets_; }

 private:
  std::vector<Bytes> bytes_;
  std::vector<Packet> packets_;
};

Batch one_of_each() {
  Batch batch;
  batch.add(Ethernet{} / Ipv4{} / Tcp{.seq = 1});
  batch.add(Ethernet{} / Ipv4{} / Udp{} / Payload{9});
  batch.add(Ethernet{} / Ipv6{} / Tcp{.seq = 2});
  batch.add(Ethernet{} / Ipv4{.fragment_offset = 8, .protocol = 6} / Payload{9});
  batch.add(Ethernet{} / Ipv4{} / Tcp{}, 40);
  batch.add(Ethernet{} / Ipv4{.version_ihl = 0} / Tcp{});
  batch.add(Bytes(60), LinkType::Unknown);
  batch.add(Ethernet{} / Ipv4{} / Tcp{.seq = 3, .checksum = 0});
  batch.add(Ethernet{} / Ipv4{} / Icmp{} / quote(Ipv4{} / Tcp{.seq = 4}, 28));
  batch.add(Ethernet{} / Vlan{} / Ipv4{} / Tcp{.seq = 5});
  return batch;
}

TEST(Decoder, SegmentsComeInOrderAndInFront) {
  const Batch batch = one_of_each();
  std::vector<Segment> out(batch.packets().size());
  Decoder decoder;
  ASSERT_EQ(decoder.decode(batch.packets(), out), 5u);
  const std::pair<std::uint32_t, std::int64_t> expected[] = {
      {1, 0}, {2, 2}, {3, 7}, {4, 8}, {5, 9}};
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(out[i].seq, expected[i].first);
    EXPECT_EQ(to_ns(out[i].time), expected[i].second);
  }
}

TEST(Decoder, TheLedgerCloses) {
  const Batch batch = one_of_each();
  std::vector<Segment> out(batch.packets().size());
  Decoder decoder({.verify_checksums = true});
  decoder.decode(batch.packets(), out);
  decoder.decode(batch.packets(), out);
  const DecodeCounters& c = decoder.counters();
  EXPECT_EQ(c.decoded, 8u);
  EXPECT_EQ(c.not_tcp, 2u);
  EXPECT_EQ(c.fragments, 2u);
  EXPECT_EQ(c.truncated, 2u);
  EXPECT_EQ(c.malformed, 2u);
  EXPECT_EQ(c.unsupported_link, 2u);
  EXPECT_EQ(c.bad_checksum, 2u);
  EXPECT_EQ(c.total(), 2 * batch.packets().size());
}

TEST(Decoder, AnEmptyBatchYieldsNothing) {
  Decoder decoder;
  EXPECT_EQ(decoder.decode({}, {}), 0u);
  EXPECT_EQ(decoder.counters().total(), 0u);
}

TEST(Decoder, SourceAndInterfaceComeFromThePacket) {
  const Bytes bytes = (Ethernet{} / Ipv4{} / Tcp{}).bytes();
  Packet packet = as_packet(bytes, LinkType::Ethernet);
  packet.interface = 513;
  packet.source = 514;
  Segment out;
  Decoder decoder;
  ASSERT_EQ(decoder.decode({&packet, 1}, {&out, 1}), 1u);
  EXPECT_EQ(out.interface, 513);
  EXPECT_EQ(out.source, 514);
}

/// VLAN tags may come before the IP header of a SYN-ACK; a tunnel ends at a device that is not the
/// sender.
TEST(Decoder, NotesWhereSynAcksCameFrom) {
  const Tcp syn_ack{.syn = true, .ack = true};
  const std::pair<Stack, bool> cases[] = {
      {Ethernet{} / Ipv4{} / syn_ack, true},
      {Ethernet{} / Vlan{} / Ipv4{} / syn_ack, true},
      {Ethernet{} / Vlan{} / Vlan{} / Ipv6{} / syn_ack, true},
      {Ethernet{} / Vlan{} / Ipv4{} / Tcp{.syn = true}, false},
      {Ethernet{} / Mpls{} / Ipv4{} / syn_ack, false},
      {Ethernet{} / Ipv4{.protocol = 4} / Ipv4{} / syn_ack, false},
      {Sll{} / Ipv4{} / syn_ack, false}};
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    const auto& [packet, noted] = cases[i];
    const Bytes bytes = packet.bytes();
    const Packet lent = as_packet(bytes, packet.link());
    LinkNeighbors neighbors;
    Decoder decoder({.neighbors = &neighbors});
    Segment out;
    ASSERT_EQ(decoder.decode({&lent, 1}, {&out, 1}), 1u);
    LinkNeighbors::Note note;
    ASSERT_EQ(neighbors.take(Timestamp::max(), note), noted) << i;
    if (noted) {
      EXPECT_EQ(note.ip, out.tuple.orig.address) << i;
    }
  }
}

/// Some writers put the captured length, or nothing, where the wire length should be.
TEST(Decoder, AWireLengthBelowTheCapturedOneIsIgnored) {
  for (const Stack& packet : {Ethernet{} / Ipv4{} / Tcp{} / Payload{9},
                              Ethernet{} / Vlan{} / Ipv6{} / Tcp{} / Payload{9}}) {
    const Bytes bytes = packet.bytes();
    Packet lent = as_packet(bytes, LinkType::Ethernet);
    lent.wirelen = 0;
    Segment out;
    Decoder decoder;
    ASSERT_EQ(decoder.decode({&lent, 1}, {&out, 1}), 1u);
    EXPECT_EQ(out.payload, 9u);
  }
}

}  // namespace
}  // namespace synfin
