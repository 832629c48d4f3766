// PortNames: the TCP lines of an /etc/services file, read once.
//
// Format: services(5), "name port/protocol aliases… # comment".
// Tested in tests/unit/enrich/port_names_test.cc.
#include "synfin/enrich/port_names.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>

namespace synfin {
namespace {

constexpr std::size_t kPorts = std::size_t{std::numeric_limits<std::uint16_t>::max()} + 1;
/// A file past this is no services file.
constexpr std::size_t kMaxFile = std::size_t{4} << 20;

/// Takes the next word off `line`; empty at its end.
std::string_view next_word(std::string_view& line) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t begin = std::min(line.find_first_not_of(kBlank), line.size());
  line.remove_prefix(begin);
  const std::string_view word = line.substr(0, line.find_first_of(kBlank));
  line.remove_prefix(word.size());
  return word;
}

/// Takes the next line off `text`, without its end and its comment.
std::string_view next_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line.substr(0, line.find('#'));
}

/// "443/tcp" → 443; 0 for what is something else.
std::uint16_t tcp_port(std::string_view word) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), port);
  const std::string_view rest = word.substr(static_cast<std::size_t>(end - word.data()));
  return error == std::errc{} && rest == "/tcp" ? port : std::uint16_t{0};
}

}  // namespace

std::string_view PortNames::name(std::uint16_t port) {
  if (index_.empty()) load();
  return names_[index_[port]];
}

void PortNames::load() {
  index_.assign(kPorts, 0);
  names_.assign(1, {});  // index 0: no name
  read_file();
  for (std::string_view rest{text_.data(), text_.size()}; !rest.empty();) {
    std::string_view line = next_line(rest);
    const std::string_view name = next_word(line);
    const std::uint16_t port = tcp_port(next_word(line));
    if (port == 0 || index_[port] != 0) continue;
    index_[port] = static_cast<std::uint16_t>(names_.size());
    names_.push_back(name);
  }
}

void PortNames::read_file() {
  constexpr std::size_t kPiece = std::size_t{64} << 10;
  std::ifstream file(path_, std::ios::binary);
  for (std::size_t size = 0; file && size < kMaxFile; size = text_.size()) {
    text_.resize(size + kPiece);
    file.read(&text_[size], kPiece);
    text_.resize(size + static_cast<std::size_t>(file.gcount()));
  }
}

}  // namespace synfin
