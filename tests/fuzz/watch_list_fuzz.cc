/// \file
/// Reads arbitrary text as a file for --expect and --watch-file. An error must name its line. What
/// a file contains must not depend on the order of its lines, nor on lines that come twice.
#include <algorithm>
#include <array>
#include <vector>

#include "support/fuzz_input.h"
#include "synfin/inventory/watch_list.h"

using namespace synfin;
using fuzz::require;

namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

/// Every address that a line begins with, and some others.
std::vector<Address> addresses_of(const std::vector<std::string>& lines) {
  std::vector<Address> found{*Address::parse("192.0.2.1"), *Address::parse("2001:db8::1")};
  for (const std::string& line : lines) {
    const std::string word = line.substr(0, line.find_first_of(" \t/#"));
    if (const auto address = Address::parse(word)) found.push_back(*address);
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 12) return 0;
  const std::string_view text = fuzz::text_of({data, size});
  const auto list = WatchList::parse(text, "FILE");
  if (!list) {
    require(list.error().message.starts_with("FILE, line "), "an error names its line");
    return 0;
  }
  std::vector<std::string> lines = lines_of(text);
  const std::vector<Address> addresses = addresses_of(lines);
  std::reverse(lines.begin(), lines.end());
  const auto other = WatchList::parse(joined(lines) + joined(lines), "FILE");
  require(other.ok(), "lines that are valid stay valid in another order");
  constexpr std::array<std::uint16_t, 8> kPorts{0, 1, 22, 80, 443, 8080, 65534, 65535};
  for (const Address& address : addresses) {
    for (const std::uint16_t port : kPorts) {
      require((*list)->contains(address, port) == (*other)->contains(address, port),
              "the order of lines changes nothing");
    }
  }
  return 0;
}
