/// \file
/// SecretWriter and SecretReader: numbers and texts that one process sends to another, in memory
/// that is overwritten afterwards. Numbers have 8 bytes, in the order of this machine. A text is
/// its length and its bytes. Tested in tests/unit/cli/config_message_test.cc.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "synfin/base/secret_text.h"

namespace synfin {

class SecretWriter {
 public:
  void number(std::uint64_t value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    append({bytes, sizeof bytes});
  }
  void text(std::string_view value) {
    number(value.size());
    append(value);
  }
  SecretText take() { return std::move(written_); }

 private:
  void append(std::string_view bytes) {
    written_.bytes().insert(written_.bytes().end(), bytes.begin(), bytes.end());
  }

  SecretText written_;
};

/// The first value that is not there makes the message invalid. All later ones are zero or empty.
class SecretReader {
 public:
  explicit SecretReader(std::string_view bytes) : bytes_(bytes) {}

  /// A number above `max` is invalid.
  std::uint64_t number(std::uint64_t max) {
    std::uint64_t value = 0;
    if (bytes_.size() < sizeof value) return fail();
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return value <= max ? value : fail();
  }
  bool truth() { return number(1) == 1; }
  std::string_view text() {
    const std::uint64_t size = number(bytes_.size());
    if (size > bytes_.size()) fail();
    const std::string_view value = bytes_.substr(0, size);
    bytes_.remove_prefix(value.size());
    return value;
  }
  bool at_end() const { return bytes_.empty(); }
  bool is_valid() const { return is_valid_; }

 private:
  std::uint64_t fail() {
    bytes_ = {};
    is_valid_ = false;
    return 0;
  }

  std::string_view bytes_;
  bool is_valid_ = true;
};

}  // namespace synfin
