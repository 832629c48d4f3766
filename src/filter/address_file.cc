// read_address_file(), see address_set.h, and address_file.h. A list may have a million lines, and
// a short run must not notice, so that nothing is copied and digits are not read one by one.
#include "filter/address_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "synfin/base/descriptor.h"
#include "synfin/base/errno_text.h"
#include "synfin/base/input_file.h"
#include "synfin/base/mix.h"
#include "synfin/base/text.h"
#include "synfin/filter/address_set.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace synfin {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 18;  ///< also the longest line
constexpr std::size_t kMaxQuotedLine = 60;            ///< bytes of a wrong line in a message
constexpr std::size_t kTypicalLine = 14;

/// Bit i is set if text[i] is no digit, for 16 bytes.
unsigned non_digits(const char* text) {
#if defined(__SSE2__)
  __m128i bytes;
  std::memcpy(&bytes, text, sizeof bytes);
  const __m128i below = _mm_cmplt_epi8(bytes, _mm_set1_epi8('0'));
  const __m128i above = _mm_cmpgt_epi8(bytes, _mm_set1_epi8('9'));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(below, above)));
#else
  unsigned mask = 0;
  for (unsigned i = 0; i < 16; ++i)
    mask |= static_cast<unsigned>(text[i] < '0' || text[i] > '9') << i;
  return mask;
#endif
}

/// By the number of digits: their bits among the four bytes that end with them, and the smallest
/// number of that length, one byte for each digit.
struct Digits {
  std::uint32_t mask;
  std::uint32_t smallest;
};
constexpr Digits kDigits[] = {{0, 1}, {0xFu, 0}, {0xF0Fu, 0x100}, {0xF0F0Fu, 0x10000}};
constexpr std::uint32_t kMaxOctet = 0x020505;

/// Bit i is set if text[i] is no hexadecimal digit, for 48 bytes; bit 48 is set.
std::uint64_t non_hex(const char* text) {
  constexpr unsigned kBytes = 48;
  std::uint64_t mask = std::uint64_t{1} << kBytes;
#if defined(__SSE2__)
  for (unsigned i = 0; i < kBytes; i += 16) {
    __m128i bytes;
    std::memcpy(&bytes, text + i, sizeof bytes);
    const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    const __m128i digit = _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8('0' - 1)),
                                        _mm_cmplt_epi8(bytes, _mm_set1_epi8('9' + 1)));
    const __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(lower, _mm_set1_epi8('a' - 1)),
                                         _mm_cmplt_epi8(lower, _mm_set1_epi8('f' + 1)));
    const auto hex = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(digit, letter)));
    mask |= std::uint64_t{~hex & 0xFFFFu} << i;
  }
#else
  for (unsigned i = 0; i < kBytes; ++i) {
    const char lower = static_cast<char>(text[i] | 0x20);
    const bool hex = (text[i] >= '0' && text[i] <= '9') || (lower >= 'a' && lower <= 'f');
    mask |= std::uint64_t{!hex} << i;
  }
#endif
  return mask;
}

/// The number that the last `digits` hexadecimal digits of `bytes` encode.
std::uint32_t hex_value(std::uint32_t bytes, unsigned digits) {
  bytes &= ~std::uint32_t{0} >> (32 - 8 * digits);
  const std::uint32_t nibbles = (bytes & 0x0F0F0F0F) + 9 * (bytes >> 6 & 0x01010101);
  const std::uint32_t pairs = (nibbles | nibbles >> 4) & 0x00FF00FF;
  return (pairs | pairs >> 8) & 0xFFFF;
}

/// The four bytes before `end`, the last one lowest.
std::uint32_t bytes_before(const char* end) {
  std::uint32_t bytes;
  std::memcpy(&bytes, end - sizeof bytes, sizeof bytes);
  if constexpr (std::endian::native == std::endian::little) bytes = __builtin_bswap32(bytes);
  return bytes;
}

/// The lines of a file, in parts.
class AddressLines {
 public:
  /// `file_size` is 0 if it is unknown.
  AddressLines(const std::string& path, std::size_t file_size, AddressSet& set)
      : path_(path), file_size_(file_size), set_(set) {}

  /// Adds the complete lines of `text`, and with `last` also the rest. Returns the bytes used.
  /// REQUIRES: kMargin bytes before and behind `text` are readable.
  Result<std::size_t> read(std::string_view text, bool last) {
    std::size_t begin = 0;
    while (begin < text.size()) {
      if (const std::size_t used = take_block(text.substr(begin)); used != 0) {
        ++lines_;
        begin += used;
        continue;
      }
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      if (end == text.size() && !last) break;
      if (const Status added = add(text.substr(begin, end - begin)); !added) return added.error();
      ++lines_;
      begin = std::min(end + 1, text.size());
    }
    return begin;
  }

  std::size_t count() const { return lines_; }

  Error wrong(std::string_view why) const {
    return {fmt::format("{}, line {}: {}", path_, lines_ + 1, why), ErrorKind::Usage};
  }

 private:
  /// Adds the block of the first line, whose family is probably that of the line before. Returns
  /// the bytes of the line, or 0 if it is another one or not complete.
  std::size_t take_block(std::string_view text) {
    std::size_t used = expects_v6_ ? take_v6(text) : take_v4(text);
    if (used != 0) return used;
    used = expects_v6_ ? take_v4(text) : take_v6(text);
    if (used == 0) return 0;
    expects_v6_ = !expects_v6_;
    if (expects_v6_) set_.reserve_v6(file_size_ / used);
    return used;
  }

  /// Adds the IPv4 block of the first line, as nearly all lines of a long file are. Returns the
  /// bytes of the line, or 0 if it is another one or not complete.
  std::size_t take_v4(std::string_view text) {
    const auto v4 = leading_v4(text.data());
    if (!v4 || v4->length >= text.size()) return 0;
    const char* const end = text.data() + text.size();
    const char* at = take_bits(text.data() + v4->length, end, 32);
    if (at != nullptr) at = end_of_line(at, end);
    if (at == nullptr) return 0;
    set_.add_v4(v4->address, bits_);
    return static_cast<std::size_t>(at + 1 - text.data());
  }

  /// The same for IPv6.
  std::size_t take_v6(std::string_view text) {
    const auto v6 = leading_v6(text.data());
    if (!v6 || v6->address.is_v4() || v6->length >= text.size()) return 0;
    const char* const end = text.data() + text.size();
    const char* at = take_bits(text.data() + v6->length, end, 128);
    if (at != nullptr) at = end_of_line(at, end);
    if (at == nullptr) return 0;
    set_.add_v6(v6->address, bits_);
    return static_cast<std::size_t>(at + 1 - text.data());
  }

  /// Reads "/24" into bits_, which is `max` without it. Returns null if that is wrong.
  const char* take_bits(const char* at, const char* end, unsigned max) {
    bits_ = max;
    if (*at != '/') return at;
    const auto number = std::from_chars(at + 1, end, bits_);
    return number.ec != std::errc{} || bits_ > max ? nullptr : number.ptr;
  }

  /// The line feed behind blanks and a comment, or null if anything else follows or it is not
  /// there yet.
  static const char* end_of_line(const char* at, const char* end) {
    while (at != end && (*at == ' ' || *at == '\t' || *at == '\r')) ++at;
    if (at != end && *at == '#')
      at = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    return at == nullptr || at == end || *at != '\n' ? nullptr : at;
  }

  Status add(std::string_view line) {
    // Editors of Windows write a byte order mark before the first line.
    if (constexpr std::string_view kMark = "\xef\xbb\xbf"; lines_ == 0 && line.starts_with(kMark))
      line.remove_prefix(kMark.size());
    const std::string_view text = trimmed(line.substr(0, line.find('#')));
    if (text.empty()) return Ok{};
    if (const auto block = Cidr::parse(text)) {
      set_.add(*block);
      return Ok{};
    }
    return wrong(fmt::format("'{}{}' is not an address or CIDR block",
                             text.substr(0, kMaxQuotedLine),
                             text.size() > kMaxQuotedLine ? "..." : ""));
  }

  const std::string& path_;
  std::size_t file_size_;
  AddressSet& set_;
  std::size_t lines_ = 0;
  unsigned bits_ = 0;  ///< of the latest block
  bool expects_v6_ = false;
};

Error unreadable(const std::string& path) {
  return {fmt::format("cannot read {}: {}", path, errno_text()), ErrorKind::Usage};
}

}  // namespace

std::optional<LeadingV4> leading_v4(const char* text) {
  unsigned others = non_digits(text) | 1u << 16;
  std::uint32_t address = 0;
  unsigned begin = 0, wrong = 0, end = 0;
#pragma GCC unroll 4
  for (unsigned octet = 0; octet < 4; ++octet) {
    end = static_cast<unsigned>(std::countr_zero(others));
    others = (others & (others - 1)) | 1u << 16;
    const unsigned length = end - begin;
    const Digits& expected = kDigits[length & 3u];
    const std::uint32_t digits = bytes_before(text + end) & expected.mask;
    wrong |= (length > 3) | (digits > kMaxOctet) | (digits < expected.smallest) |
             ((text[end] == '.') == (octet == 3));
    const std::uint32_t value = (digits & 15u) + (digits >> 8 & 15u) * 10 + (digits >> 16) * 100;
    address = address << 8 | (value & 0xFFu);
    begin = end + 1;
  }
  if (wrong != 0) return std::nullopt;
  return LeadingV4{address, end};
}

std::optional<LeadingV6> leading_v6(const char* text) {
  constexpr unsigned kGroups = 8, kGroupBits = 16, kMaxDigits = 4;
  std::uint64_t others = non_hex(text);
  Uint128 head = 0, tail = 0;  // the groups before and behind "::"
  unsigned count = 0, behind = 0, begin = 0;
  bool gap = text[0] == ':' && text[1] == ':';
  if (gap) begin = 2, others &= ~std::uint64_t{3};
  for (;;) {
    const auto end = static_cast<unsigned>(std::countr_zero(others));
    const unsigned digits = end - begin;
    if (digits == 0 && text[begin] == ':') return std::nullopt;
    if (digits == 0) break;  // "::" ends the address, or nothing begins it
    if (digits > kMaxDigits || ++count > kGroups) return std::nullopt;
    const std::uint32_t group = hex_value(bytes_before(text + end), digits);
    (gap ? tail : head) = (gap ? tail : head) << kGroupBits | group;
    behind += gap;
    begin = end;
    if (text[end] != ':') break;
    const bool another = text[end + 1] != ':';
    if (another ? (others >> (end + 1) & 1) != 0 : gap) return std::nullopt;
    gap |= !another;
    begin += another ? 1 : 2;
    others &= ~std::uint64_t{0} << begin;
  }
  if (gap ? count == kGroups : count != kGroups) return std::nullopt;
  const unsigned ahead = count - behind;
  if (gap) head = ahead == 0 ? tail : head << kGroupBits * (kGroups - ahead) | tail;
  return LeadingV6{Address::from_halves(static_cast<std::uint64_t>(head >> 64),
                                        static_cast<std::uint64_t>(head)),
                   begin};
}

Status read_address_file(const std::string& path, AddressSet& set, std::size_t max_lines) {
  const Descriptor file(open_input(path));
  struct stat info {};
  if (file.get() < 0 || fstat(file.get(), &info) != 0) return unreadable(path);
  const auto size = S_ISREG(info.st_mode) ? static_cast<std::size_t>(info.st_size) : 0;
  set.reserve(std::min(size / kTypicalLine, max_lines));
  std::vector<char> buffer(kMargin + kChunk + kMargin);
  char* const text = buffer.data() + kMargin;
  std::size_t held = 0;  // bytes of a line that is not complete yet
  AddressLines lines(path, size, set);
  for (;;) {
    const ssize_t n = read(file.get(), text + held, kChunk - held);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable(path);
    held += static_cast<std::size_t>(n);
    const auto used = lines.read(std::string_view(text, held), n == 0);
    if (!used) return used.error();
    if (lines.count() > max_lines)
      return lines.wrong(fmt::format("a file of addresses has at most {} lines", max_lines));
    if (n == 0) return Ok{};
    held -= *used;
    std::memmove(text, text + *used, held);
    if (held == kChunk) return lines.wrong("the line is longer than 256 KiB");
  }
}

}  // namespace synfin
