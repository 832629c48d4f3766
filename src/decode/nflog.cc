// LINKTYPE_NFLOG (https://www.tcpdump.org/linktypes/LINKTYPE_NFLOG.html).
#include "decode/ip.h"
#include "decode/link.h"

namespace synfin {
namespace {

constexpr int kMaxRecords = 64;
constexpr std::uint16_t kPayload = 9;
constexpr std::uint32_t kRecordHeader = 4;

/// The header of a record. Its byte order is that of the capturing machine, which is not recorded.
/// Types are at most 255, so a larger value reveals the other byte order.
struct TlvRecord {
  std::uint16_t length;
  std::uint16_t type;
};
TlvRecord read_record(Header<kRecordHeader> header) {
  const std::uint16_t type = header.u16<2>();
  if (type <= 0xFF) return {header.u16<0>(), type};
  return {__builtin_bswap16(header.u16<0>()), __builtin_bswap16(type)};
}

}  // namespace

DecodeResult decode_nflog(ByteView frame, DecodeContext& context) {
  const auto header = frame.header<4>();
  if (!header) return context.too_short(frame, 4);
  if (header.u8<1>() != 0) return DecodeResult::NotTcp;  // an unknown version
  ByteView records = frame.skip(4);
  for (int i = 0; i < kMaxRecords && records.wire() != 0; ++i) {
    const auto at = records.header<kRecordHeader>();
    if (!at) return context.too_short(records, kRecordHeader);
    const TlvRecord record = read_record(at);
    if (record.length < kRecordHeader || record.length > records.wire())
      return DecodeResult::Malformed;
    if (record.type == kPayload)
      return decode_ip(records.resized(record.length).skip(kRecordHeader), context);
    records = records.skip((record.length + 3u) & ~3u);
  }
  return DecodeResult::NotTcp;
}

}  // namespace synfin
