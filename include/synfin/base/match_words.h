/// \file
/// matching_words(): compares the words of a cache line with one value.
///
/// All words are compared at once, so that a search takes one branch instead of one for each word.
/// Tested in tests/unit/base/match_words_test.cc.
#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace synfin {

/// Returns a mask in which bit i is set if (words[i] & bits) == wanted. kWords is 8 or 16.
/// REQUIRES: `words` is aligned to 16 bytes.
template <unsigned kWords>
inline std::uint32_t matching_words(const std::uint32_t* words, std::uint32_t bits,
                                    std::uint32_t wanted) {
  static_assert(kWords == 8 || kWords == 16);
#if defined(__SSE2__)
  const __m128i mask = _mm_set1_epi32(static_cast<int>(bits));
  const __m128i want = _mm_set1_epi32(static_cast<int>(wanted));
  const auto* lines = reinterpret_cast<const __m128i*>(words);
  const auto equal = [&](unsigned i) {
    return _mm_cmpeq_epi32(_mm_and_si128(_mm_load_si128(lines + i), mask), want);
  };
  const __m128i low = _mm_packs_epi32(equal(0), equal(1));
  __m128i high = _mm_setzero_si128();
  if constexpr (kWords == 16) high = _mm_packs_epi32(equal(2), equal(3));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
#else
  std::uint32_t found = 0;
  for (unsigned i = 0; i < kWords; ++i) {
    found |= static_cast<std::uint32_t>((words[i] & bits) == wanted) << i;
  }
  return found;
#endif
}

}  // namespace synfin
