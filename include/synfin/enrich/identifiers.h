/// \file
/// Names for a connection that other programs can compute or join on.
///
/// Specs: Community ID v1 (https://github.com/corelight/community-id-spec), RFC 4648 §4 (Base64).
/// Both types are plain text of fixed size: no allocation, no failure, no state; any thread may
/// make them. Tested in tests/unit/enrich/identifiers_test.cc and against the specification's
/// vectors.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "synfin/base/five_tuple.h"
#include "synfin/base/time.h"

namespace synfin {

/// "1:" and the Base64 of a SHA-1 over seed, tuple and protocol; the same for both directions.
class CommunityId {
 public:
  /// `seed` keeps two sites' identifiers apart; 0 is the specification's default.
  explicit CommunityId(const FiveTuple& tuple, std::uint16_t seed = 0);
  std::string_view view() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 30> text_;
};

/// "C" and 17 Base62 characters, as Zeek's look. A function of the canonical key and the first
/// packet's time alone, so neither a replay nor a flip of direction changes it, nor does the
/// machine. Two connections share one by a chance of about 2^-101; it is an identifier, not a
/// secret, and a forger of packets may foresee it.
class Uid {
 public:
  Uid(const FiveTuple& tuple, Timestamp first);
  std::string_view view() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 18> text_;
};

}  // namespace synfin
