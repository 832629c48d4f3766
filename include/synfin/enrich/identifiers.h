/// \file
/// CommunityId and Uid: identifiers of a connection that other programs can compute or join on.
///
/// Specs: Community ID v1 (https://github.com/corelight/community-id-spec), RFC 4648 §4 (Base64).
/// Both types are text of fixed size. Their constructors never allocate or fail, and any thread may
/// call them. Tested in tests/unit/enrich/identifiers_test.cc and against the specification's
/// vectors.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "synfin/base/five_tuple.h"
#include "synfin/base/time.h"

namespace synfin {

/// "1:" and the Base64 of a SHA-1 over seed, tuple and protocol. Equal for both directions.
class CommunityId {
 public:
  /// `seed` separates the identifiers of two sites; 0 is the default of the specification.
  explicit CommunityId(const FiveTuple& tuple, std::uint16_t seed = 0);
  std::string_view view() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 30> text_;
};

/// "C" and 17 Base62 characters, in the form of Zeek's uids. It depends only on the canonical key
/// and the time of the first packet, so a replay, a flip of direction and another machine give the
/// same one. Two connections share a uid with a probability of about 2^-101. It is not a secret:
/// who forges packets can predict it.
class Uid {
 public:
  Uid(const FiveTuple& tuple, Timestamp first);
  std::string_view view() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 18> text_;
};

}  // namespace synfin
