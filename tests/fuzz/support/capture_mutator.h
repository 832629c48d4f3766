/// \file
/// Mutations of a capture that keep its structure: packets are added, removed, reordered and
/// answered, and fields of TCP are changed, while the lengths of records and blocks stay right.
/// After a plain mutation of bytes, a reader seldom gets past the first wrong length.
#pragma once

#include <cstddef>
#include <cstdint>

namespace synfin::fuzz {

/// Changes `size` bytes at `data` to at most `max_size` bytes and returns the new size. It is
/// LLVMFuzzerMutate() in a fuzz build.
using MutateBytes = std::size_t (*)(std::uint8_t* data, std::size_t size, std::size_t max_size);

/// Mutates a pcap or pcapng file. `seed` chooses the mutation. Other bytes, and sometimes captures
/// too, are mutated by `mutate` as a whole.
std::size_t mutate_capture(std::uint8_t* data, std::size_t size, std::size_t max_size,
                           unsigned seed, MutateBytes mutate);

}  // namespace synfin::fuzz

/// Defines the mutator of a target whose input is `prefix` bytes and a capture.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);
#define SYNFIN_CAPTURE_MUTATOR(prefix)                                                         \
  extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,         \
                                                 std::size_t max_size, unsigned seed) {        \
    constexpr std::size_t kPrefix = (prefix);                                                  \
    if (size <= kPrefix || (kPrefix > 0 && seed % 16 == 0))                                    \
      return LLVMFuzzerMutate(data, size, max_size);                                           \
    return kPrefix + synfin::fuzz::mutate_capture(data + kPrefix, size - kPrefix,              \
                                                  max_size - kPrefix, seed, LLVMFuzzerMutate); \
  }
