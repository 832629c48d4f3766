// See output_name.h.
#include "synfin/sandbox/output_name.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace synfin {
namespace {

constexpr std::size_t kRandomDigits = 16;
constexpr std::size_t kMaxWord = 64;

/// What strftime(3) may write in any language, without the slash and the percent sign.
bool is_word(char c) {
  return c != '/' && c != '%' && std::iscntrl(static_cast<unsigned char>(c)) == 0;
}

bool is_number(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-';
}

}  // namespace

OutputName OutputName::exact(std::string path) {
  OutputName name;
  name.parts_.push_back({Kind::Literal, std::move(path)});
  return name;
}

OutputName OutputName::with_word(std::string begin, std::string end) {
  OutputName name;
  name.parts_ = {
      {Kind::Literal, std::move(begin)}, {Kind::Word, {}}, {Kind::Literal, std::move(end)}};
  return name;
}

OutputName OutputName::rotating(std::string_view pattern, bool by_time) {
  OutputName name;
  std::string literal;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool conversion = by_time && pattern[i] == '%' && i + 1 < pattern.size();
    if (!conversion) {
      literal += pattern[i];
      continue;
    }
    // "%Ey", "%Od", "%-d" and the like have a modifier before the letter.
    ++i;
    while (i + 1 < pattern.size() && std::string_view("EO_-^#0").find(pattern[i]) != pattern.npos)
      ++i;
    if (pattern[i] == '%') {
      literal += '%';
      continue;
    }
    name.parts_.push_back({Kind::Literal, std::exchange(literal, {})});
    name.parts_.push_back({Kind::Word, {}});
  }
  name.parts_.push_back({Kind::Literal, std::move(literal)});
  name.parts_.push_back({Kind::Number, {}});
  return name;
}

bool OutputName::matches(std::string_view path) const { return matches_from(0, path); }

bool OutputName::matches_from(std::size_t part, std::string_view rest) const {
  if (part == parts_.size()) return rest.empty();
  const Part& now = parts_[part];
  if (now.kind == Kind::Literal)
    return rest.starts_with(now.text) && matches_from(part + 1, rest.substr(now.text.size()));
  const bool word = now.kind == Kind::Word;
  const std::size_t max = std::min(rest.size(), kMaxWord);
  std::size_t size = 0;
  while (size < max && (word ? is_word(rest[size]) : is_number(rest[size]))) ++size;
  for (std::size_t n = word ? 1 : 0; n <= size; ++n) {
    // A word must not form the name of a parent folder.
    if (rest.substr(0, n).find("..") == rest.npos && matches_from(part + 1, rest.substr(n)))
      return true;
  }
  return false;
}

std::optional<std::string> replaced_by(std::string_view temporary) {
  const std::size_t name = temporary.rfind('/') + 1;  // npos + 1 is 0
  const std::string_view file = temporary.substr(name);
  if (file.size() < kRandomDigits + 3 || file[0] != '.') return std::nullopt;
  const std::size_t dot = file.size() - kRandomDigits - 1;
  const std::string_view digits = file.substr(dot + 1);
  const bool random =
      file[dot] == '.' && digits.find_first_not_of("0123456789abcdef") == digits.npos;
  if (!random) return std::nullopt;
  return std::string(temporary.substr(0, name)) + std::string(file.substr(1, dot - 1));
}

}  // namespace synfin
