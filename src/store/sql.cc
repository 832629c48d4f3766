// See sql.h.
#include "store/sql.h"

#include "store/url.h"

namespace synfin {
namespace {

constexpr char kHex[] = "0123456789ABCDEF";

void put_hex(std::string& out, unsigned char byte) {
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

}  // namespace

Sql quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\'' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\x";
      put_hex(out, byte);
    } else {
      out += c;
    }
  }
  out += '\'';
  return Sql::trusted(std::move(out));
}

Sql quoted(const Address& address) {
  std::string out = "toFixedString(unhex('";
  for (const std::uint64_t half : {address.high(), address.low()}) {
    for (int shift = 56; shift >= 0; shift -= 8)
      put_hex(out, static_cast<unsigned char>(half >> shift & 0xFF));
  }
  out += "'), 16)";
  return Sql::trusted(std::move(out));
}

Sql name_of(std::string_view name) {
  return Sql::trusted(is_plain_name(name) ? std::string(name) : "``");
}

}  // namespace synfin
