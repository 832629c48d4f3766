// See community_id_sql.h.
#include "store/community_id_sql.h"

#include <fmt/format.h>

#include <string_view>

namespace synfin {
namespace {

/// An end as 18 bytes: the address, and the port in network order.
std::string end_sql(std::string_view end) {
  const std::string port = fmt::format("hex({}_p)", end);
  return fmt::format("concat(toString({}_h), unhex(substring(concat('000', {}), length({}), 4)))",
                     end, port, port);
}

/// The address of `end`, "low" or "high", as it is hashed: with 4 bytes if both are IPv4.
std::string address_sql(std::string_view end) {
  constexpr std::string_view kIsV4 = "substring({}, 1, 12) = unhex('00000000000000000000FFFF')";
  return fmt::format("if({} AND {}, substring({}, 13, 4), substring({}, 1, 16))",
                     fmt::format(kIsV4, "low"), fmt::format(kIsV4, "high"), end, end);
}

}  // namespace

std::string community_digest_sql() {
  const std::string orig = end_sql("orig"), resp = end_sql("resp");
  return fmt::format(
      "arrayElement(arrayMap((low, high, proto) -> SHA1(concat(unhex('0000'), {}, {}, "
      "unhex(hex(proto)), unhex('00'), substring(low, 17, 2), substring(high, 17, 2))), "
      "[if({} < {}, {}, {})], [if({} < {}, {}, {})], [ip_proto]), 1)",
      address_sql("low"), address_sql("high"), orig, resp, orig, resp, orig, resp, resp, orig);
}

/// Each digit of Base64 is 6 bits of two bytes of the digest.
std::string community_id_sql() {
  return fmt::format(
      "arrayElement(arrayMap(digest -> concat('1:', arrayStringConcat(arrayMap(i -> substring("
      "'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 1 + bitAnd("
      "bitShiftRight(reinterpretAsUInt8(substring(digest, intDiv(i * 6, 8) + 1, 1)) * 256 + "
      "reinterpretAsUInt8(substring(digest, intDiv(i * 6, 8) + 2, 1)), 10 - i * 6 % 8), 63), 1), "
      "range(27))), '='), [{}]), 1)",
      community_digest_sql());
}

}  // namespace synfin
