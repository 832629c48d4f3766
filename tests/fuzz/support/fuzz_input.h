/// \file
/// What all fuzz targets need: a condition that ends the run, parts of the input, and files in
/// memory.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace synfin::fuzz {

using Bytes = std::span<const std::uint8_t>;

/// Ends the process if `holds` is false, so that the fuzzer keeps the input.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

inline std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Removes up to `size` bytes from the front of `rest`.
inline Bytes take(Bytes& rest, std::size_t size) {
  const Bytes taken = rest.first(size < rest.size() ? size : rest.size());
  rest = rest.subspan(taken.size());
  return taken;
}

/// Removes one byte, or returns 0 if there is none.
inline std::uint8_t take_byte(Bytes& rest) {
  const Bytes taken = take(rest, 1);
  return taken.empty() ? std::uint8_t{0} : taken[0];
}

/// Removes a part whose length precedes it in two bytes, little-endian.
inline Bytes take_part(Bytes& rest) {
  const std::size_t low = take_byte(rest);
  return take(rest, low | std::size_t{take_byte(rest)} << 8);
}

/// A file in memory with a path, for functions that open files.
class MemoryFile {
 public:
  explicit MemoryFile(Bytes content = {}) : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)) {
    require(descriptor_ >= 0, "a file in memory can be created");
    require(
        write(descriptor_, content.data(), content.size()) == static_cast<ssize_t>(content.size()),
        "a file in memory can be written");
    lseek(descriptor_, 0, SEEK_SET);
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int descriptor() const { return descriptor_; }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

  /// The whole content, as far as it has been written.
  std::string content() const {
    std::string text;
    char buffer[4096];
    for (ssize_t n = 0, at = 0; (n = pread(descriptor_, buffer, sizeof buffer, at)) > 0; at += n)
      text.append(buffer, static_cast<std::size_t>(n));
    return text;
  }

 private:
  int descriptor_;
};

}  // namespace synfin::fuzz
