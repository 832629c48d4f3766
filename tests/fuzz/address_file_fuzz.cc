/// \file
/// Reads arbitrary text as a filter file, and compares the set with a list of its blocks.
#include <vector>

#include "support/fuzz_input.h"
#include "synfin/filter/address_set.h"

using namespace synfin;
using fuzz::require;

namespace {

/// A slow second reader: the blocks of all lines, or false if a line is none.
bool blocks_of(std::string_view text, std::vector<Cidr>& blocks) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    while (!line.empty() && std::string_view(" \t\r\v\f").find(line.back()) != line.npos)
      line.remove_suffix(1);
    while (!line.empty() && std::string_view(" \t\r\v\f").find(line.front()) != line.npos)
      line.remove_prefix(1);
    if (line.empty()) continue;
    const auto block = Cidr::parse(line);
    if (!block) return false;
    blocks.push_back(*block);
  }
  return true;
}

bool any_contains(const std::vector<Cidr>& blocks, const Address& address) {
  for (const Cidr& block : blocks) {
    if (block.contains(address)) return true;
  }
  return false;
}

Address before(const Address& a) {
  return Address::from_halves(a.high() - (a.low() == 0), a.low() - 1);
}
Address after(const Address& a) {
  return Address::from_halves(a.high() + (a.low() == ~std::uint64_t{0}), a.low() + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 12) return 0;
  const fuzz::MemoryFile file({data, size});
  AddressSet set;
  const Status read = read_address_file(file.path(), set);
  std::vector<Cidr> blocks;
  require(blocks_of(fuzz::text_of({data, size}), blocks) == read.ok(),
          "a file is right if each of its lines is");
  if (!read) return 0;
  set.build();
  for (const Cidr& block : blocks) {
    for (const Address& address :
         {block.first(), block.last(), before(block.first()), after(block.last())}) {
      require(set.contains(address) == any_contains(blocks, address),
              "the set contains what one of its blocks contains");
    }
  }
  require(set.empty() == blocks.empty(), "a set without blocks is empty");
  return 0;
}
