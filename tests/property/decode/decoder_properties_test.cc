/// \file
/// Properties of all packets, including damaged ones: nothing is read beyond their end (buffers
/// have the exact size for AddressSanitizer), each is counted once, segments are possible, and
/// batch sizes and options do not change them.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "support/decode_one.h"
#include "support/encapsulations.h"

namespace synfin {
namespace {

using namespace test;

constexpr int kMutations = 300;
constexpr DecodeOptions kVerify{.verify_checksums = true};

/// A packet with some bytes changed, and sometimes cut, repeated in part or grown.
Bytes mutated(Bytes bytes, std::mt19937& random) {
  const auto below = [&](std::size_t n) { return random() % n; };
  for (std::size_t changes = 1 + below(4); changes > 0 && !bytes.empty(); --changes) {
    std::uint8_t& byte = bytes[below(bytes.size())];
    const std::uint8_t values[] = {0, 0xFF, static_cast<std::uint8_t>(random()),
                                   static_cast<std::uint8_t>(byte + 1),
                                   static_cast<std::uint8_t>(byte ^ 1 << below(8))};
    byte = values[below(std::size(values))];
  }
  const std::size_t at = below(bytes.size() + 1);
  const auto middle = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  switch (below(6)) {
    case 0:
      bytes.resize(at);
      break;
    case 1:
      bytes.insert(middle, 4 * below(8), 0);
      break;
    case 2: {
      const Bytes rest(middle, bytes.end());
      bytes.insert(bytes.end(), rest.begin(), rest.end());
      break;
    }
    default:
      break;
  }
  return bytes;
}

/// Runs `check(bytes, link)` for each sample and many damaged forms of it; the same ones in every
/// run.
template <typename Check>
void for_each_damaged_sample(Check check) {
  std::mt19937 random(20260301);
  for (const SamplePacket& sample : sample_packets()) {
    check(sample.bytes, sample.link);
    for (int i = 0; i < kMutations; ++i) check(mutated(sample.bytes, random), sample.link);
    if (::testing::Test::HasFatalFailure()) FAIL() << "of " << sample.name;
  }
}

TEST(DecoderProperties, ASegmentIsPossible) {
  for_each_damaged_sample([](const Bytes& bytes, LinkType link) {
    const auto d = decode_one(bytes, link);
    if (d.fate != Fate::Decoded) return;
    const Segment& s = d.segment;
    ASSERT_LE(s.flags, 0x1FF) << describe(s);
    if (s.kind == SegmentKind::Tcp) {
      ASSERT_GE(s.ip_length, 20u) << describe(s);
      ASSERT_LT(s.payload, s.ip_length) << describe(s);
      ASSERT_EQ(s.icmp_type, 0) << describe(s);
    } else {
      ASSERT_NE(s.icmp_type, 0) << describe(s);
    }
  });
}

/// What is decoded from the front of a packet is decoded the same from all of it.
TEST(DecoderProperties, MoreBytesDoNotChangeASegment) {
  for_each_damaged_sample([](const Bytes& bytes, LinkType link) {
    const auto whole = decode_one(bytes, link);
    if (whole.fate != Fate::Decoded || whole.segment.kind != SegmentKind::Tcp) return;
    for (std::size_t cut = 1; cut <= 16 && cut <= bytes.size(); ++cut) {
      const auto front = decode_one(bytes, link, bytes.size() - cut);
      if (front.fate != Fate::Decoded) break;
      ASSERT_EQ(describe(front.segment), describe(whole.segment)) << "cut by " << cut;
    }
  });
}

/// The common path and decode_any() agree: a VLAN tag decides which of them decodes a packet.
TEST(DecoderProperties, TheCommonPathEqualsTheGeneralOne) {
  for_each_damaged_sample([](const Bytes& bytes, LinkType link) {
    if (link != LinkType::Ethernet || bytes.size() < 14) return;
    Bytes tagged = bytes;
    const std::uint8_t tag[] = {0x81, 0, 0, 0};
    tagged.insert(tagged.begin() + 12, std::begin(tag), std::end(tag));
    const auto plain = decode_one(bytes, link), around = decode_one(tagged, link);
    if (plain.fate == Fate::NotTcp || around.fate == Fate::NotTcp)
      return;  // an LLC frame, or too many headers
    ASSERT_EQ(plain.fate, around.fate);
    if (plain.fate != Fate::Decoded) return;
    ASSERT_EQ(describe(plain.segment), describe(around.segment));
  });
}

TEST(DecoderProperties, VerifyingOnlyRemovesSegments) {
  for_each_damaged_sample([](const Bytes& bytes, LinkType link) {
    const auto without = decode_one(bytes, link);
    const auto with = decode_one(bytes, link, SIZE_MAX, kVerify);
    ASSERT_EQ(without.fate, with.fate == Fate::BadChecksum ? Fate::Decoded : with.fate);
    if (with.fate != Fate::Decoded) return;
    ASSERT_EQ(describe(without.segment), describe(with.segment));
  });
}

TEST(DecoderProperties, BatchesOfAnySizeGiveTheSame) {
  const std::vector<SamplePacket> samples = sample_packets();
  std::mt19937 random(7);
  std::vector<Bytes> bytes;
  for (const SamplePacket& sample : samples) {
    for (int i = 0; i < 8; ++i)
      bytes.push_back(i == 0 ? sample.bytes : mutated(sample.bytes, random));
  }
  std::vector<Packet> packets;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    packets.push_back(as_packet(bytes[i], samples[i / 8].link));

  std::string first;
  for (const std::size_t size :
       {packets.size(), std::size_t{1}, std::size_t{16}, std::size_t{64}}) {
    std::vector<Segment> out(size);
    Decoder decoder;
    std::string text;
    for (std::size_t at = 0; at < packets.size(); at += size) {
      const auto batch = std::span(packets).subspan(at, std::min(size, packets.size() - at));
      const std::size_t count = decoder.decode(batch, out);
      for (std::size_t i = 0; i < count; ++i) text += describe(out[i]) + '\n';
    }
    EXPECT_EQ(decoder.counters().total(), packets.size());
    if (first.empty()) first = text;
    EXPECT_EQ(text, first) << "in batches of " << size;
  }
  EXPECT_FALSE(first.empty());
}

TEST(DecoderProperties, NoiseOnEveryLink) {
  std::mt19937 random(99);
  for (int number = 0; number < 300; ++number) {
    for (int i = 0; i < 60; ++i) {
      Bytes noise(random() % 120);
      for (std::uint8_t& byte : noise)
        byte = static_cast<std::uint8_t>(random() % 5 == 0 ? 0 : random());
      decode_one(noise, static_cast<LinkType>(number));  // throws where it is not counted once
    }
  }
}

}  // namespace
}  // namespace synfin
