/// \file
/// SecretText: bytes that are overwritten when they are no longer needed, so that neither a core
/// dump nor code that an attacker runs in this process finds them.
/// Tested in tests/unit/base/secret_text_test.cc.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace synfin {

/// Can be moved and not copied. Its bytes never move in memory.
class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string_view text) : bytes_(text.begin(), text.end()) {}
  ~SecretText() { wipe(); }
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  SecretText(SecretText&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  SecretText& operator=(SecretText&& other) noexcept {
    wipe();
    bytes_ = std::exchange(other.bytes_, {});
    return *this;
  }

  std::string_view view() const { return {bytes_.data(), bytes_.size()}; }
  bool empty() const { return bytes_.empty(); }
  /// The bytes, to be changed in place.
  std::vector<char>& bytes() { return bytes_; }

  /// Overwrites the bytes with zeros and forgets them.
  void wipe() noexcept;
  /// Leaves the pages of the bytes out of core dumps.
  void exclude_from_core_dumps();

 private:
  std::vector<char> bytes_;
};

/// Overwrites `size` bytes with zeros, even if nothing reads them afterwards.
void overwrite(void* bytes, std::size_t size) noexcept;

}  // namespace synfin
