// IEEE 802.11 data frames, with and without radiotap. All fields are little-endian.
#include "decode/link.h"

namespace synfin {
namespace {

constexpr std::uint32_t kMinHeader = 24;
constexpr std::uint8_t kFromBothSystems = 0x03;
constexpr std::uint8_t kProtected = 0x40;
constexpr std::uint8_t kOrder = 0x80;
constexpr std::uint8_t kAggregate = 0x80;  ///< in QoS control: an A-MSDU

/// The size of a data frame's header (IEEE 802.11-2020 §9.3.2.1).
std::uint32_t header_size(bool qos, std::uint8_t flags, bool padded) {
  std::uint32_t size = kMinHeader;
  if ((flags & kFromBothSystems) == kFromBothSystems) size += 6;
  if (qos) size += 2;
  if (qos && (flags & kOrder) != 0) size += 4;
  return padded ? (size + 3) & ~3u : size;
}

/// Radiotap's flags field; 0 if absent. Only the TSFT field can precede it.
std::uint8_t radiotap_flags(ByteView frame) {
  constexpr std::uint32_t kTsft = 1, kFlags = 2, kMore = 0x80000000;
  constexpr int kMaxWords = 8;
  const std::uint32_t present = __builtin_bswap32(frame.header<8>().u32<4>());
  if ((present & kFlags) == 0) return 0;
  std::uint32_t at = 8;
  std::uint32_t word = present;
  for (int i = 0; i < kMaxWords && (word & kMore) != 0; ++i) {
    word = __builtin_bswap32(frame.skip(at).header<4>().u32<0>());
    at += 4;
  }
  if ((present & kTsft) != 0) at = ((at + 7) & ~7u) + 8;
  return frame.skip(at).header<1>().u8<0>();
}

}  // namespace

DecodeResult decode_ieee80211(ByteView frame, bool padded, DecodeContext& context) {
  const auto control = frame.header<2>();
  if (!control) return context.too_short(frame, 2);
  constexpr std::uint8_t kVersionAndType = 0x0F, kData = 0x08, kNoData = 0x40, kQos = 0x80;
  const std::uint8_t kind = control.u8<0>(), flags = control.u8<1>();
  if ((kind & kVersionAndType) != kData || (kind & kNoData) != 0 || (flags & kProtected) != 0)
    return DecodeResult::NotTcp;

  const auto header = frame.header<kMinHeader>();
  if (!header) return context.too_short(frame, kMinHeader);
  if ((header.u8<22>() & 0xF) != 0) return DecodeResult::NotTcp;  // a fragment after the first
  const bool qos = (kind & kQos) != 0;
  const std::uint32_t size = header_size(qos, flags, padded);
  const std::uint32_t qos_at =
      (flags & kFromBothSystems) == kFromBothSystems ? kMinHeader + 6 : kMinHeader;
  const bool aggregate = qos && (frame.skip(qos_at).header<1>().u8<0>() & kAggregate) != 0;
  ByteView payload = frame.skip(size);
  if (aggregate) payload = payload.skip(kEthernetHeader);  // the subframe's header
  if (!payload.header<8>()) return context.too_short(payload, 8);
  return decode_ether_type(0, payload, context);  // LLC
}

DecodeResult decode_radiotap(ByteView frame, DecodeContext& context) {
  constexpr std::uint32_t kMinRadiotap = 8;
  constexpr std::uint8_t kDataPad = 0x20;
  const auto radiotap = frame.header<kMinRadiotap>();
  if (!radiotap) return context.too_short(frame, kMinRadiotap);
  const std::uint32_t length = __builtin_bswap16(radiotap.u16<2>());
  if (radiotap.u8<0>() != 0 || length < kMinRadiotap || length > frame.wire())
    return DecodeResult::Malformed;
  const bool padded = (radiotap_flags(frame.resized(length)) & kDataPad) != 0;
  return decode_ieee80211(frame.skip(length), padded, context);
}

/// An AVS header has a magic number and its length in network order. A Prism header has its length
/// in the byte order of the capturing machine.
DecodeResult decode_prism(ByteView frame, DecodeContext& context) {
  constexpr std::uint32_t kMinPrism = 8, kAvsMagic = 0x80211000, kMaxPrism = 4096;
  const auto prism = frame.header<kMinPrism>();
  if (!prism) return context.too_short(frame, kMinPrism);
  std::uint32_t length = prism.u32<4>();
  if ((prism.u32<0>() & 0xFFFFFFF0) != kAvsMagic && length > kMaxPrism)
    length = __builtin_bswap32(length);
  if (length < kMinPrism || length > frame.wire()) return DecodeResult::Malformed;
  return decode_ieee80211(frame.skip(length), false, context);
}

}  // namespace synfin
