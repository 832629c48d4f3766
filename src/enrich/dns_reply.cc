// Names for questions and records of replies, with c-ares's help. See dns_reply.h.
#include "enrich/dns_reply.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace synfin {
namespace {

using std::chrono::seconds;

constexpr seconds kShortestTtl{30}, kLongestTtl{86'400};
constexpr std::size_t kLongestName = 255;
constexpr std::uint16_t kTypePtr = 12;

/// Reads the resource records of a reply, RFC 1035 §4.1.
class Reply {
 public:
  Reply(const unsigned char* bytes, int size) : bytes_(bytes), size_(size) {}

  /// The first PTR record's name.
  std::optional<PointerRecord> pointer() {
    if (size_ < 12) return std::nullopt;
    at_ = 12;
    for (unsigned i = load(4); i > 0; --i) {
      if (!skip_name() || (at_ += 4) > size_) return std::nullopt;
    }
    for (unsigned i = load(6); i > 0; --i) {
      if (!skip_name() || at_ + 10 > size_) return std::nullopt;
      const unsigned type = load(at_);
      const seconds ttl{load(at_ + 4) << 16 | load(at_ + 6)};
      const int length = static_cast<int>(load(at_ + 8));
      at_ += 10;
      if (at_ + length > size_) return std::nullopt;
      if (type == kTypePtr) return named(ttl);
      at_ += length;
    }
    return std::nullopt;
  }

 private:
  unsigned load(int at) const { return static_cast<unsigned>(bytes_[at] << 8 | bytes_[at + 1]); }

  bool skip_name() { return !name().empty(); }

  /// Empty where it is broken; "." for the root.
  std::string name() {
    char* text = nullptr;
    long length = 0;
    if (ares_expand_name(bytes_ + at_, bytes_, size_, &text, &length) != ARES_SUCCESS) return {};
    std::string copy = *text ? text : ".";
    ares_free_string(text);
    at_ += static_cast<int>(length);
    return copy;
  }

  std::optional<PointerRecord> named(seconds ttl) {
    std::string text = name();
    if (text.empty() || text == "." || text.size() > kLongestName) return std::nullopt;
    return PointerRecord{std::move(text), std::clamp(ttl, kShortestTtl, kLongestTtl)};
  }

  const unsigned char* bytes_;
  int size_;
  int at_ = 0;
};

bool holds_v4(const unsigned char* bytes, int size, const Address& wanted) {
  std::array<ares_addrttl, 64> found;
  int n = static_cast<int>(found.size());
  if (ares_parse_a_reply(bytes, size, nullptr, found.data(), &n) != ARES_SUCCESS) return false;
  return std::any_of(found.begin(), found.begin() + n, [&](const ares_addrttl& a) {
    return Address::load_v4(reinterpret_cast<const std::uint8_t*>(&a.ipaddr)) == wanted;
  });
}

bool holds_v6(const unsigned char* bytes, int size, const Address& wanted) {
  std::array<ares_addr6ttl, 64> found;
  int n = static_cast<int>(found.size());
  if (ares_parse_aaaa_reply(bytes, size, nullptr, found.data(), &n) != ARES_SUCCESS) return false;
  return std::any_of(found.begin(), found.begin() + n, [&](const ares_addr6ttl& a) {
    return Address::load_v6(reinterpret_cast<const std::uint8_t*>(&a.ip6addr)) == wanted;
  });
}

}  // namespace

std::string reverse_name(const Address& a) {
  std::array<std::uint8_t, 16> bytes{};
  const std::size_t n = a.store(bytes.data());
  std::string name;
  for (std::size_t i = n; i-- > 0;) {
    if (n == 4) {
      name += fmt::format("{}.", bytes[i]);
    } else {
      name += fmt::format("{:x}.{:x}.", bytes[i] & 15, bytes[i] >> 4);
    }
  }
  return name + (n == 4 ? "in-addr.arpa" : "ip6.arpa");
}

std::optional<PointerRecord> pointer_of(std::span<const unsigned char> reply) {
  return Reply(reply.data(), static_cast<int>(reply.size())).pointer();
}

bool holds_address(std::span<const unsigned char> reply, const Address& wanted) {
  const auto size = static_cast<int>(reply.size());
  return wanted.is_v4() ? holds_v4(reply.data(), size, wanted)
                        : holds_v6(reply.data(), size, wanted);
}

}  // namespace synfin
