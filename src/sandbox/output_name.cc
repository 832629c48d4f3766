// See output_name.h.
#include "synfin/sandbox/output_name.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <utility>

#include "synfin/base/input_file.h"
#include "synfin/base/output_folder.h"

namespace synfin {
namespace {

constexpr std::size_t kRandomDigits = 16;
constexpr std::size_t kMaxWord = 64;

constexpr std::size_t kMaxZone = 8;

/// What may be in a name, except for the slash and the percent sign.
bool is_word(char c) {
  return c != '/' && c != '%' && std::iscntrl(static_cast<unsigned char>(c)) == 0;
}

/// What the conversions for numbers write.
bool is_time(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("+-: .").find(c) != std::string_view::npos;
}

bool is_zone(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-';
}

/// All that a conversion for the names of days, of months or of halves of the day writes, with its
/// flags: "%^a" writes "MON".
std::vector<std::string> words_of(const std::string& conversion) {
  std::vector<std::string> words;
  for (int i = 0; i < 12; ++i) {
    std::tm time{};
    time.tm_mday = 1;
    time.tm_mon = i;
    time.tm_wday = i % 7;
    time.tm_hour = 2 * i;
    std::array<char, 64> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), conversion.c_str(), &time);
    const std::string word(text.data(), size);
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  }
  return words;
}

/// The number of "." and ".." among the parts of a path.
std::size_t count_dots(std::string_view path) {
  std::size_t dots = 0;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    dots += part == "." || part == "..";
    path.remove_prefix(std::min(part.size() + 1, path.size()));
  }
  return dots;
}

bool same_inode(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// True if `output` is the file `input`, or if that is beside it and has one of its later names.
bool may_overwrite(const std::string& output, const std::string& input,
                   const std::vector<OutputName>& names) {
  struct stat one {
  }, other{};
  if (!input_status(input, other)) return false;
  if (OutputFolder::status_of(output, one) && same_inode(one, other)) return true;
  if (!S_ISREG(other.st_mode) || stat(OutputFolder::name_of(output).c_str(), &one) != 0 ||
      stat(OutputFolder::name_of(input).c_str(), &other) != 0 || !same_inode(one, other)) {
    return false;
  }
  const std::string beside =
      output.substr(0, output.rfind('/') + 1) + OutputFolder::file_in(input);  // npos + 1 is 0
  return std::any_of(names.begin(), names.end(),
                     [&](const OutputName& name) { return name.matches(beside); });
}

bool is_number(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-';
}

}  // namespace

OutputName OutputName::exact(std::string path) {
  OutputName name;
  name.parts_.push_back({Kind::Literal, std::move(path), {}});
  return name;
}

OutputName OutputName::with_word(std::string begin, std::string end) {
  OutputName name;
  name.parts_ = {{Kind::Literal, std::move(begin), {}},
                 {Kind::Word, {}, {}},
                 {Kind::Literal, std::move(end), {}}};
  return name;
}

OutputName::Part OutputName::conversion_part(const std::string& conversion) {
  switch (conversion.back()) {
    case 'a':
    case 'A':
    case 'b':
    case 'B':
    case 'h':
    case 'p':
    case 'P':
      return {Kind::Choice, {}, words_of(conversion)};
    case 'Z':
      return {Kind::Zone, {}, {}};
    case 'c':  // a whole date or time, with words in it
    case 'r':
    case 'x':
    case 'X':
      return {Kind::Word, {}, {}};
    default:
      return {Kind::Time, {}, {}};
  }
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
    const std::size_t begin = i++;
    while (i + 1 < pattern.size() && std::string_view("EO_-^#0").find(pattern[i]) != pattern.npos)
      ++i;
    if (pattern[i] == '%') {
      literal += '%';
      continue;
    }
    name.parts_.push_back({Kind::Literal, std::exchange(literal, {}), {}});
    name.parts_.push_back(conversion_part(std::string(pattern.substr(begin, i + 1 - begin))));
  }
  name.parts_.push_back({Kind::Literal, std::move(literal), {}});
  name.parts_.push_back({Kind::Number, {}, {}});
  return name;
}

bool OutputName::matches(std::string_view path) const {
  // Variable parts must not form the name of this folder or its parent.
  std::string constant;
  for (const Part& part : parts_) constant += part.kind == Kind::Literal ? part.text : "0";
  return count_dots(path) == count_dots(constant) && matches_from(0, path);
}

bool OutputName::matches_from(std::size_t part, std::string_view rest) const {
  if (part == parts_.size()) return rest.empty();
  const Part& now = parts_[part];
  if (now.kind == Kind::Literal)
    return rest.starts_with(now.text) && matches_from(part + 1, rest.substr(now.text.size()));
  if (now.kind == Kind::Choice) {
    return std::any_of(now.words.begin(), now.words.end(), [&](const std::string& word) {
      return rest.starts_with(word) && matches_from(part + 1, rest.substr(word.size()));
    });
  }
  const auto belongs = now.kind == Kind::Word   ? is_word
                       : now.kind == Kind::Time ? is_time
                       : now.kind == Kind::Zone ? is_zone
                                                : is_number;
  const std::size_t max = std::min(rest.size(), now.kind == Kind::Zone ? kMaxZone : kMaxWord);
  std::size_t size = 0;
  while (size < max && belongs(rest[size])) ++size;
  for (std::size_t n = now.kind == Kind::Number ? 0 : 1; n <= size; ++n) {
    // A word must not form the name of a parent folder.
    if (rest.substr(0, n).find("..") == rest.npos && matches_from(part + 1, rest.substr(n)))
      return true;
  }
  return false;
}

Status check_not_overwritten(const std::vector<std::string>& inputs,
                             const std::vector<std::pair<std::string_view, std::string>>& outputs,
                             const std::vector<OutputName>& names) {
  for (const auto& [option, file] : outputs) {
    for (const std::string& input : inputs) {
      if (!file.empty() && file != "-" && may_overwrite(file, input, names)) {
        return usage_error(fmt::format("{} {} would write over the input{} that is to be read",
                                       option, file, file == input ? "" : " " + input));
      }
    }
  }
  return Ok{};
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
