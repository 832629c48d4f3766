/// \file
/// IgnoreList: the pairs that `synfin diff --ignore FILE` leaves out.
///
/// One entry per line: an address or a CIDR block (either end of a pair), or ORIG RESP[:PORT], in
/// which * stands for any address or port; # begins a comment. Tested in
/// tests/unit/report/diff_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "synfin/base/cidr.h"
#include "synfin/base/result.h"

namespace synfin {

class IgnoreList {
 public:
  /// Fails with a clause that names the first line that is none of these.
  static Result<IgnoreList> parse(std::string_view text);

  bool contains(const Address& orig, const Address& resp, std::uint16_t port) const;
  bool contains(const Address& host) const;

 private:
  struct Pair {
    std::optional<Cidr> orig, resp;
    std::optional<std::uint16_t> port;
  };
  static std::optional<Pair> parse_pair(std::string_view orig, std::string_view service);

  std::vector<Cidr> hosts_;
  std::vector<Pair> pairs_;
};

}  // namespace synfin
