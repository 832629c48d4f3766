// See dns_reply.h. c-ares expands compressed names and parses A and AAAA records.
#include "enrich/dns_reply.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <string_view>
#include <utility>

namespace synfin {
namespace {

using std::chrono::seconds;

constexpr seconds kMinTtl{30}, kMaxTtl{86'400};
constexpr std::size_t kMaxName = 255;
constexpr std::uint16_t kTypePtr = 12;

/// True if a name may be that of a host (RFC 1123 §2.1), with underscores as in the C library.
/// Others could imitate what is printed beside a name: an address, a star, a country.
bool is_host_name(std::string_view name) {
  const bool valid = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return c < 128 && (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.');
  });
  const std::string_view last = name.substr(name.rfind('.') + 1);
  return valid && !last.empty() && last.find_first_not_of("0123456789") != last.npos;
}

/// Reads the resource records of a reply, RFC 1035 §4.1.
class Reply {
 public:
  Reply(const unsigned char* bytes, int size) : bytes_(bytes), size_(size) {}

  /// Returns the first PTR record.
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

  /// Reads a name at `at_` and moves behind it. Returns "." for the root, nothing if it is broken.
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
    if (text.size() > kMaxName || !is_host_name(text)) return std::nullopt;
    return PointerRecord{std::move(text), std::clamp(ttl, kMinTtl, kMaxTtl)};
  }

  const unsigned char* bytes_;
  int size_;
  int at_ = 0;
};

Address to_address(const ares_addrttl& record) {
  return Address::load_v4(reinterpret_cast<const std::uint8_t*>(&record.ipaddr));
}
Address to_address(const ares_addr6ttl& record) {
  return Address::load_v6(reinterpret_cast<const std::uint8_t*>(&record.ip6addr));
}

/// `Parse` is c-ares's parser of `Record`.
template <typename Record, typename Parse>
AddressRecords read_addresses(std::span<const unsigned char> reply, Parse parse) {
  std::array<Record, 64> found;
  int n = static_cast<int>(found.size());
  AddressRecords records{{}, kMaxTtl};
  if (parse(reply.data(), static_cast<int>(reply.size()), nullptr, found.data(), &n) !=
      ARES_SUCCESS) {
    return records;
  }
  for (const Record& record : std::span(found).first(static_cast<std::size_t>(std::max(n, 0)))) {
    records.addresses.push_back(to_address(record));
    records.ttl = std::min(records.ttl, std::max(seconds{record.ttl}, kMinTtl));
  }
  return records;
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

AddressRecords addresses_of(std::span<const unsigned char> reply, bool v4) {
  return v4 ? read_addresses<ares_addrttl>(reply, ares_parse_a_reply)
            : read_addresses<ares_addr6ttl>(reply, ares_parse_aaaa_reply);
}

bool holds_address(std::span<const unsigned char> reply, const Address& wanted) {
  const std::vector<Address> found = addresses_of(reply, wanted.is_v4()).addresses;
  return std::find(found.begin(), found.end(), wanted) != found.end();
}

}  // namespace synfin
