/// \file
/// LINKTYPE_NFLOG (https://www.tcpdump.org/linktypes/LINKTYPE_NFLOG.html).
/// Tested in tests/unit/decode/link_test.cc.
#include "decode/ip.h"
#include "decode/link.h"

namespace synfin {
namespace {

constexpr int kMaxRecords = 64;
constexpr std::uint16_t kPayload = 9;
constexpr std::uint32_t kRecordHeader = 4;

/// Records are in the byte order of the capturing machine, and do not say which: a type above 255
/// is none, so the bytes of a known one tell.
struct Record {
  std::uint16_t length;
  std::uint16_t type;
};
Record read_record(Header<kRecordHeader> header) {
  const std::uint16_t type = header.u16<2>();
  if (type <= 0xFF) return {header.u16<0>(), type};
  return {__builtin_bswap16(header.u16<0>()), __builtin_bswap16(type)};
}

}  // namespace

Verdict decode_nflog(ByteView frame, Walk& walk) {
  const auto header = frame.header<4>();
  if (!header) return walk.too_short(frame, 4);
  if (header.u8<1>() != 0) return Verdict::NotTcp;  // another version
  ByteView records = frame.skip(4);
  for (int i = 0; i < kMaxRecords && records.wire() != 0; ++i) {
    const auto at = records.header<kRecordHeader>();
    if (!at) return walk.too_short(records, kRecordHeader);
    const Record record = read_record(at);
    if (record.length < kRecordHeader || record.length > records.wire()) return Verdict::Malformed;
    if (record.type == kPayload)
      return decode_ip(records.resized(record.length).skip(kRecordHeader), walk);
    records = records.skip((record.length + 3u) & ~3u);
  }
  return Verdict::NotTcp;
}

}  // namespace synfin
