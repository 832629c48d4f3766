// See output_name.h.
#include "synfin/sandbox/output_name.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "synfin/base/input_file.h"
#include "synfin/base/output_folder.h"

namespace synfin {
namespace {

constexpr std::size_t kRandomDigits = 16;
constexpr std::size_t kMaxWord = 64;

/// What strftime(3) may write in any language, without the slash and the percent sign.
bool is_word(char c) {
  return c != '/' && c != '%' && std::iscntrl(static_cast<unsigned char>(c)) == 0;
}

/// What the conversions for numbers write.
bool is_time(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("+-: .").find(c) != std::string_view::npos;
}

/// The conversions for the names of days and months, of the half of the day and of the time zone,
/// and for whole dates as the language writes them.
bool writes_words(char conversion) {
  return std::string_view("aAbBhcpPrxXZ").find(conversion) != std::string_view::npos;
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
    bool other_digits = false;  // of the language, by "E" and "O"
    for (; i + 1 < pattern.size() && std::string_view("EO_-^#0").find(pattern[i]) != pattern.npos;
         ++i)
      other_digits |= pattern[i] == 'E' || pattern[i] == 'O';
    if (pattern[i] == '%') {
      literal += '%';
      continue;
    }
    name.parts_.push_back({Kind::Literal, std::exchange(literal, {})});
    name.parts_.push_back({other_digits || writes_words(pattern[i]) ? Kind::Word : Kind::Time, {}});
  }
  name.parts_.push_back({Kind::Literal, std::move(literal)});
  name.parts_.push_back({Kind::Number, {}});
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
  const auto belongs = now.kind == Kind::Word   ? is_word
                       : now.kind == Kind::Time ? is_time
                                                : is_number;
  const std::size_t max = std::min(rest.size(), kMaxWord);
  std::size_t size = 0;
  while (size < max && belongs(rest[size])) ++size;
  for (std::size_t n = now.kind == Kind::Number ? 0 : 1; n <= size; ++n) {
    // A word must not form the name of a parent folder.
    if (rest.substr(0, n).find("..") == rest.npos && matches_from(part + 1, rest.substr(n)))
      return true;
  }
  return false;
}

Status check_kept(const std::vector<std::string>& inputs,
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
