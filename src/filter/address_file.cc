// read_address_file(), see address_set.h, and address_file.h. A list may have a million lines, and
// a short run must not notice, so that nothing is copied and digits are not read one by one.
#include "filter/address_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "filter/text.h"
#include "synfin/base/descriptor.h"
#include "synfin/filter/address_set.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace synfin {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 18;  ///< also the longest line
constexpr std::size_t kMaxQuoted = 60;                ///< bytes of a wrong line in a message
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

/// The number in the last `length` of the four bytes before `end`, as one byte for each digit.
/// REQUIRES: 1 ≤ length ≤ 3, and these bytes are digits.
std::uint32_t digits_before(const char* end, unsigned length) {
  std::uint32_t digits;
  std::memcpy(&digits, end - sizeof digits, sizeof digits);
  if constexpr (std::endian::native == std::endian::little) digits = __builtin_bswap32(digits);
  return digits & 0x000F0F0Fu & ((1u << 8 * length) - 1);
}

/// The lines of a file, in parts.
class LineReader {
 public:
  LineReader(const std::string& path, AddressSet& set) : path_(path), set_(set) {}

  /// Adds the complete lines of `text`, and with `last` also the rest. Returns the bytes used.
  /// REQUIRES: kV4Margin bytes before and behind `text` are readable.
  Result<std::size_t> read(std::string_view text, bool last) {
    std::size_t begin = 0;
    while (begin < text.size()) {
      const char* const line = text.data() + begin;
      if (const auto v4 = leading_v4(line); v4 && ends_line(text, begin + v4->length)) {
        set_.add(Cidr::of(Address::from_v4(v4->address), 32));
        ++lines_;
        begin += v4->length + 1;
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

  Error wrong(std::string_view why) const {
    return {fmt::format("{}, line {}: {}", path_, lines_ + 1, why), ErrorKind::Usage};
  }

 private:
  static bool ends_line(std::string_view text, std::size_t at) {
    return at < text.size() && text[at] == '\n';
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
    return wrong(fmt::format("'{}{}' is not an address or CIDR block", text.substr(0, kMaxQuoted),
                             text.size() > kMaxQuoted ? "..." : ""));
  }

  const std::string& path_;
  AddressSet& set_;
  std::size_t lines_ = 0;
};

Error unreadable(const std::string& path) {
  return {fmt::format("cannot read {}: {}", path, std::generic_category().message(errno)),
          ErrorKind::Usage};
}

}  // namespace

std::optional<LeadingV4> leading_v4(const char* text) {
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x000100, 0x010000};  // by length
  constexpr std::uint32_t kLargest = 0x020505;
  unsigned others = non_digits(text);
  std::uint32_t address = 0;
  unsigned begin = 0, wrong = 0, end = 0;
  for (unsigned octet = 0; octet < 4; ++octet) {
    end = static_cast<unsigned>(std::countr_zero(others | 1u << 16));
    others &= others - 1;
    const unsigned length = end - begin;
    wrong |= static_cast<unsigned>(length - 1 > 2);
    wrong |= static_cast<unsigned>((text[end] == '.') == (octet == 3));
    const std::uint32_t digits = digits_before(text + end, length & 3u);
    wrong |= static_cast<unsigned>(digits > kLargest || digits < kSmallest[length & 3u]);
    address =
        address << 8 | (((digits >> 16) * 100 + (digits >> 8 & 15u) * 10 + (digits & 15u)) & 0xFFu);
    begin = end + 1;
  }
  if (wrong != 0) return std::nullopt;
  return LeadingV4{address, end};
}

Status read_address_file(const std::string& path, AddressSet& set) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (file.get() < 0 || fstat(file.get(), &info) != 0) return unreadable(path);
  if (S_ISREG(info.st_mode)) set.reserve(static_cast<std::size_t>(info.st_size) / kTypicalLine);
  std::vector<char> buffer(kV4Margin + kChunk + kV4Margin);
  char* const text = buffer.data() + kV4Margin;
  std::size_t held = 0;  // bytes of a line that is not complete yet
  LineReader lines(path, set);
  for (;;) {
    const ssize_t n = read(file.get(), text + held, kChunk - held);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable(path);
    held += static_cast<std::size_t>(n);
    const auto used = lines.read(std::string_view(text, held), n == 0);
    if (!used) return used.error();
    if (n == 0) return Ok{};
    held -= *used;
    std::memmove(text, text + *used, held);
    if (held == kChunk) return lines.wrong("the line is too long");
  }
}

}  // namespace synfin
