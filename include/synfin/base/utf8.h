/// \file
/// Decoding and cutting of UTF-8 text. Spec: RFC 3629.
/// Tested in tests/unit/base/utf8_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace synfin {

struct Utf8Character {
  std::uint32_t code = 0;  ///< the code point; the byte itself if it is not valid
  std::size_t size = 1;    ///< in bytes; 1 if it is not valid
  bool valid = false;      ///< false for a byte that begins no character
};

/// Overlong forms, surrogates and code points past U+10FFFF are not valid.
/// REQUIRES: !text.empty().
Utf8Character decode_utf8(std::string_view text);

/// Appends the character `code`. REQUIRES: code <= 0x10FFFF.
void append_utf8(std::string& out, std::uint32_t code);

/// Returns the longest prefix of `text` of at most `max_bytes` that does not cut a character.
std::string_view clip_utf8(std::string_view text, std::size_t max_bytes);

}  // namespace synfin
