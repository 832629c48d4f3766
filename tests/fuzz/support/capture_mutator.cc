// See capture_mutator.h.
#include "support/capture_mutator.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace synfin::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kMaxPacket = 4096;
constexpr std::uint32_t kSection = 0x0A0D0D0A, kEnhanced = 6, kInterface = 1, kStatistics = 5;

std::uint32_t load(const std::uint8_t* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

void store(std::uint8_t* at, std::uint32_t value) { std::memcpy(at, &value, sizeof value); }

void append(Bytes& out, std::uint32_t value) {
  const std::size_t at = out.size();
  out.resize(at + sizeof value);
  store(out.data() + at, value);
}

/// A record of pcap, or a block of pcapng. `head` are the fixed fields that precede the data, and
/// `tail` are the options. The lengths of data and block are computed when the capture is written.
struct Record {
  std::uint32_t type = kEnhanced;
  Bytes head, data, tail;
};

/// A capture in the byte order of this machine; others are mutated as plain bytes.
struct Capture {
  bool is_pcapng = false;
  Bytes header;  ///< of pcap
  std::vector<Record> records;
};

std::optional<Capture> read_pcap(std::span<const std::uint8_t> bytes) {
  Capture capture;
  capture.header.assign(bytes.begin(), bytes.begin() + 24);
  bytes = bytes.subspan(24);
  while (bytes.size() >= 16) {
    const std::size_t length = std::min<std::size_t>(load(bytes.data() + 8), bytes.size() - 16);
    Record r;
    r.head.assign(bytes.begin(), bytes.begin() + 8);
    r.data.assign(bytes.begin() + 16, bytes.begin() + 16 + static_cast<std::ptrdiff_t>(length));
    const std::uint32_t wire = load(bytes.data() + 12);
    append(r.tail, wire - static_cast<std::uint32_t>(length));
    capture.records.push_back(std::move(r));
    bytes = bytes.subspan(16 + length);
  }
  return capture;
}

std::optional<Capture> read_pcapng(std::span<const std::uint8_t> bytes) {
  Capture capture;
  capture.is_pcapng = true;
  while (bytes.size() >= 12) {
    const std::size_t length = load(bytes.data() + 4) & ~3u;
    if (length < 12 || length > bytes.size()) break;
    std::span<const std::uint8_t> body = bytes.subspan(8, length - 12);
    Record r;
    r.type = load(bytes.data());
    const std::size_t head = r.type == kEnhanced ? 12 : r.type == kInterface ? 8 : body.size();
    if (body.size() < head + (r.type == kEnhanced ? 8 : 0)) break;
    r.head.assign(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(head));
    body = body.subspan(head);
    if (r.type == kEnhanced) {
      const std::size_t caplen = std::min<std::size_t>(load(body.data()), body.size() - 8);
      r.data.assign(body.begin() + 8, body.begin() + 8 + static_cast<std::ptrdiff_t>(caplen));
      body = body.subspan(std::min(8 + (caplen + 3) / 4 * 4, body.size()));
    }
    r.tail.assign(body.begin(), body.end());
    capture.records.push_back(std::move(r));
    bytes = bytes.subspan(length);
  }
  if (capture.records.empty()) return std::nullopt;
  return capture;
}

std::optional<Capture> read_capture(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 28) return std::nullopt;
  const std::uint32_t magic = load(bytes.data());
  if (magic == 0xA1B2C3D4 || magic == 0xA1B23C4D) return read_pcap(bytes);
  if (magic == kSection && load(bytes.data() + 8) == 0x1A2B3C4D) return read_pcapng(bytes);
  return std::nullopt;
}

void write_block(Bytes& out, const Record& r) {
  const std::size_t begin = out.size();
  append(out, r.type);
  append(out, 0);
  out.insert(out.end(), r.head.begin(), r.head.end());
  if (r.type == kEnhanced) {
    append(out, static_cast<std::uint32_t>(r.data.size()));
    append(out, static_cast<std::uint32_t>(r.data.size()));
    out.insert(out.end(), r.data.begin(), r.data.end());
    out.resize((out.size() + 3) / 4 * 4);
  }
  out.insert(out.end(), r.tail.begin(), r.tail.end());
  out.resize((out.size() + 3) / 4 * 4);
  const auto length = static_cast<std::uint32_t>(out.size() - begin + 4);
  store(out.data() + begin + 4, length);
  append(out, length);
}

Bytes write_capture(const Capture& capture) {
  Bytes out = capture.header;
  for (const Record& r : capture.records) {
    if (capture.is_pcapng) {
      write_block(out, r);
      continue;
    }
    const auto length = static_cast<std::uint32_t>(r.data.size());
    out.insert(out.end(), r.head.begin(), r.head.end());
    append(out, length);
    append(out, length + (r.tail.size() >= 4 ? load(r.tail.data()) : 0));
    out.insert(out.end(), r.data.begin(), r.data.end());
  }
  return out;
}

/// The positions of an IP header and the TCP header behind it in a packet.
struct Headers {
  std::size_t ip = 0;
  std::size_t tcp = 0;
  bool v6 = false;
};

std::optional<Headers> find_tcp(const Bytes& packet) {
  for (std::size_t at = 0; at + 40 <= packet.size(); ++at) {
    if (packet[at] == 0x45 && packet[at + 9] == 6) return Headers{at, at + 20, false};
    if (packet[at] == 0x60 && packet[at + 6] == 6 && at + 60 <= packet.size())
      return Headers{at, at + 40, true};
  }
  return std::nullopt;
}

class Mutator {
 public:
  Mutator(Capture& capture, unsigned seed, MutateBytes mutate)
      : capture_(capture), random_(seed), mutate_(mutate) {}

  void apply() {
    for (std::size_t n = 1 + below(3); n > 0 && !capture_.records.empty(); --n) apply_one();
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  Record& any() { return capture_.records[below(capture_.records.size())]; }

  void apply_one() {
    auto& records = capture_.records;
    const auto at = records.begin() + static_cast<std::ptrdiff_t>(below(records.size()));
    switch (below(9)) {
      case 0:
        return mutate_part(at->data.empty() ? at->tail : at->data);
      case 1:
        return void(records.insert(at, Record(*at)));
      case 2:
        return void(records.size() > 1 ? records.erase(at) : at);
      case 3:
        return std::iter_swap(at,
                              records.begin() + static_cast<std::ptrdiff_t>(below(records.size())));
      case 4:
        return change_number(at->head);
      case 5:
      case 6:
        return change_segment(at->data);
      case 7:
        return answer(at);
      default:
        return capture_.is_pcapng ? change_block(*at) : change_number(at->tail);
    }
  }

  void mutate_part(Bytes& part) {
    const std::size_t size = part.size();
    part.resize(std::max(size + 32, std::size_t{64}));
    part.resize(std::min(mutate_(part.data(), size, part.size()), kMaxPacket));
  }

  /// Sets four bytes to a number at which something may change.
  void change_number(Bytes& bytes) {
    static constexpr std::uint32_t kNumbers[] = {0,     1,          5,          130,       8100,
                                                 86400, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    if (bytes.size() < 4) return;
    std::uint8_t* const at = bytes.data() + below(bytes.size() / 4) * 4;
    const std::uint32_t number = kNumbers[below(std::size(kNumbers))];
    store(at, below(2) == 0 ? load(at) + number : number);
  }

  void change_segment(Bytes& packet) {
    const auto headers = find_tcp(packet);
    if (!headers) return mutate_part(packet);
    std::uint8_t* const tcp = packet.data() + headers->tcp;
    static constexpr std::uint8_t kFlags[] = {0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14, 0x00, 0x29};
    switch (below(6)) {
      case 0:
        tcp[13] = kFlags[below(std::size(kFlags))];
        break;
      case 1:
      case 2:
        change_order_of_number(tcp + (below(2) == 0 ? 4 : 8));
        break;
      case 3:
        tcp[14] = static_cast<std::uint8_t>(random_());
        break;
      case 4:
        tcp[below(4)] ^= static_cast<std::uint8_t>(1u << below(8));
        break;
      default:
        packet.resize(std::min(packet.size() + below(40), kMaxPacket));
    }
  }

  /// Adds a small or a large difference to a number in network byte order.
  void change_order_of_number(std::uint8_t* at) {
    const std::uint32_t difference =
        below(2) == 0 ? static_cast<std::uint32_t>(below(3000)) - 1500 : 1u << below(32);
    store(at, __builtin_bswap32(__builtin_bswap32(load(at)) + difference));
  }

  /// Inserts a copy of a packet in the other direction behind it.
  void answer(std::vector<Record>::iterator at) {
    Record reply = *at;
    const auto headers = find_tcp(reply.data);
    if (!headers || reply.data.size() < headers->tcp + 20) return;
    std::uint8_t* const ip = reply.data.data() + headers->ip + (headers->v6 ? 8 : 12);
    const std::size_t width = headers->v6 ? 16 : 4;
    std::swap_ranges(ip, ip + width, ip + width);
    std::uint8_t* const tcp = reply.data.data() + headers->tcp;
    std::swap_ranges(tcp, tcp + 2, tcp + 2);
    std::swap_ranges(tcp + 4, tcp + 8, tcp + 8);
    if ((tcp[13] & 2) != 0) store(tcp + 8, __builtin_bswap32(__builtin_bswap32(load(tcp + 8)) + 1));
    tcp[13] |= 0x10;
    capture_.records.insert(at + 1, std::move(reply));
  }

  /// Mutates the options of a block, or inserts an interface or its statistics.
  void change_block(Record& block) {
    if (below(2) == 0) return mutate_part(block.tail);
    Record fresh;
    fresh.type = below(2) == 0 ? kInterface : kStatistics;
    fresh.head.resize(fresh.type == kInterface ? 8 : 12);
    fresh.head[0] = static_cast<std::uint8_t>(below(2));
    // One option of eight bytes with a likely code: if_tsresol 9, if_tsoffset 14, isb_ifdrop 5.
    static constexpr std::uint8_t kCodes[] = {2, 4, 5, 6, 7, 9, 14};
    fresh.tail = {kCodes[below(std::size(kCodes))], 0, 8, 0};
    for (int i = 0; i < 8; ++i) fresh.tail.push_back(static_cast<std::uint8_t>(random_()));
    capture_.records.insert(
        capture_.records.begin() + static_cast<std::ptrdiff_t>(1 + below(capture_.records.size())),
        std::move(fresh));
  }

  Capture& capture_;
  std::minstd_rand random_;
  MutateBytes mutate_;
};

}  // namespace

std::size_t mutate_capture(std::uint8_t* data, std::size_t size, std::size_t max_size,
                           unsigned seed, MutateBytes mutate) {
  auto capture = read_capture({data, size});
  if (!capture || capture->records.empty() || seed % 8 == 0) return mutate(data, size, max_size);
  Mutator(*capture, seed, mutate).apply();
  const Bytes out = write_capture(*capture);
  if (out.empty() || out.size() > max_size) return mutate(data, size, max_size);
  std::copy(out.begin(), out.end(), data);
  return out.size();
}

}  // namespace synfin::fuzz
