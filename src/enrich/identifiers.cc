// CommunityId and Uid: tuple → text, once for each line of a connection log, so speed matters.
//
// Specs: Community ID v1 (https://github.com/corelight/community-id-spec), RFC 4648 §4 (Base64).
// Tested in tests/unit/enrich/identifiers_test.cc.

// The SHA-1 functions are deprecated in favour of EVP. They take 52 ns for a tuple, EVP with a
// reused context takes 115 ns, and they neither allocate nor fail.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "synfin/enrich/identifiers.h"

#include <openssl/sha.h>

#include <algorithm>
#include <cstddef>

#include "synfin/base/mix.h"

namespace synfin {
namespace {

using Digest = std::array<std::uint8_t, SHA_DIGEST_LENGTH>;

/// The bytes that Community ID hashes: seed, addresses, protocol, padding and ports, in network
/// order.
class HashInput {
 public:
  HashInput(const ConnectionKey& key, std::uint16_t seed) {
    put16(seed);
    // An IPv6 packet may carry one IPv4-mapped address. Both are then hashed as IPv6.
    const bool v4 = key.low.address.is_v4() && key.high.address.is_v4();
    put(key.low.address, v4);
    put(key.high.address, v4);
    bytes_[size_++] = protocol_number(key.transport);
    bytes_[size_++] = 0;
    put16(key.low.port);
    put16(key.high.port);
  }

  /// Hashes one block of SHA-1 (FIPS 180-4 §5.1.1): the bytes, a one bit, zeros, the count of bits.
  Digest digest() {
    bytes_[size_] = 0x80;
    bytes_.back() = static_cast<std::uint8_t>(8 * size_ % 256);
    bytes_[bytes_.size() - 2] = static_cast<std::uint8_t>(8 * size_ / 256);
    SHA_CTX context;
    SHA1_Init(&context);
    SHA1_Transform(&context, bytes_.data());
    Digest digest;
    std::size_t at = 0;
    for (const SHA_LONG word : {context.h0, context.h1, context.h2, context.h3, context.h4}) {
      const std::uint32_t big_endian = __builtin_bswap32(word);
      std::memcpy(&digest[at], &big_endian, sizeof big_endian);
      at += sizeof big_endian;
    }
    return digest;
  }

 private:
  void put16(std::uint16_t v) {
    bytes_[size_++] = static_cast<std::uint8_t>(v >> 8);
    bytes_[size_++] = static_cast<std::uint8_t>(v);
  }
  void put64(std::uint64_t v) {
    const std::uint64_t big_endian = __builtin_bswap64(v);
    std::memcpy(&bytes_[size_], &big_endian, sizeof big_endian);
    size_ += sizeof big_endian;
  }
  void put(const Address& address, bool v4) {
    if (v4) {
      put16(static_cast<std::uint16_t>(address.v4() >> 16));
      put16(static_cast<std::uint16_t>(address.v4()));
    } else {
      put64(address.high());
      put64(address.low());
    }
  }

  std::array<std::uint8_t, SHA_CBLOCK> bytes_{};
  std::size_t size_ = 0;  ///< 40 at most
};

constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Writes three bytes as four characters.
char* put_base64(char* out, unsigned a, unsigned b, unsigned c) {
  const unsigned v = a << 16 | b << 8 | c;
  out[0] = kBase64[v >> 18];
  out[1] = kBase64[v >> 12 & 63];
  out[2] = kBase64[v >> 6 & 63];
  out[3] = kBase64[v & 63];
  return out + 4;
}

/// The words that a uid is hashed from. Their order and the lanes below must never change, because
/// the uids of old logs would no longer match.
using UidInput = std::array<std::uint64_t, 6>;

UidInput uid_input(const ConnectionKey& key, Timestamp first) {
  // For TCP this is 0, so that the uids of old logs stay valid.
  const auto transport = protocol_number(key.transport) ^ protocol_number(Transport::Tcp);
  const std::uint64_t ports = std::uint64_t{static_cast<unsigned>(transport)} << 32 |
                              std::uint64_t{key.low.port} << 16 | key.high.port;
  return {key.low.address.high(),
          key.low.address.low(),
          key.high.address.high(),
          key.high.address.low(),
          ports,
          static_cast<std::uint64_t>(to_ns(first))};
}

/// Fractional digits of the square roots of 2, 3, 5, …, 17 (first lane) and 19, 23, …, 43 (second),
/// made odd.
using Lane = std::array<std::uint64_t, 7>;
constexpr Lane kFirstLane{0x6A09E667F3BCC909, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B,
                          0xA54FF53A5F1D36F1, 0x510E527FADE682D1, 0x9B05688C2B3E6C1F,
                          0x1F83D9ABFB41BD6B};
constexpr Lane kSecondLane{0x5BE0CD19137E2179, 0xCBBB9D5DC1059ED9, 0x629A292A367CD507,
                           0x9159015A3070DD17, 0x152FECD8F70E5939, 0x67332667FFC00B31,
                           0x8EB44A8768581511};

std::uint64_t hash(const UidInput& in, const Lane& k) {
  std::uint64_t h = k[6];
  for (std::size_t i = 0; i < in.size(); i += 2) {
    h = mix64(h ^ in[i] ^ k[i], in[i + 1] ^ k[i + 1]) + h;
  }
  return mix64(h ^ k[0], k[6]);
}

constexpr char kBase62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The first `digits` Base62 digits of the fraction `h` / 2^64.
char* put_base62(char* out, std::uint64_t h, int digits) {
  for (int i = 0; i < digits; ++i) {
    const Uint128 product = static_cast<Uint128>(h) * 62;
    *out++ = kBase62[static_cast<std::size_t>(product >> 64)];
    h = static_cast<std::uint64_t>(product);
  }
  return out;
}

}  // namespace

CommunityId::CommunityId(const FiveTuple& tuple, std::uint16_t seed) {
  const Digest d = HashInput(ConnectionKey::of(tuple), seed).digest();
  char* out = text_.data();
  *out++ = '1';
  *out++ = ':';
  for (std::size_t i = 0; i < 18; i += 3) out = put_base64(out, d[i], d[i + 1], d[i + 2]);
  out = put_base64(out, d[18], d[19], 0);
  out[-1] = '=';
}

Uid::Uid(const FiveTuple& tuple, Timestamp first) {
  const UidInput in = uid_input(ConnectionKey::of(tuple), first);
  text_[0] = 'C';
  char* rest = put_base62(&text_[1], hash(in, kFirstLane), 9);
  put_base62(rest, hash(in, kSecondLane), 8);
}

}  // namespace synfin
