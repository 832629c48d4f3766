// See secrets.h.
#include "synfin/cli/secrets.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "synfin/base/descriptor.h"
#include "synfin/base/errno_text.h"
#include "synfin/base/input_file.h"
#include "synfin/base/secret_text.h"

namespace synfin {
namespace {

/// The first reference in `text` at or behind `from`: where it begins, and its name. npos: none.
std::size_t find_reference(std::string_view text, std::size_t from, std::string& name) {
  const std::size_t begin = text.find("${", from);
  if (begin == text.npos) return begin;
  const std::size_t end = text.find('}', begin);
  if (end == text.npos) return end;
  name = text.substr(begin + 2, end - begin - 2);
  return begin;
}

}  // namespace

Result<std::string> read_secret_file(const std::string& path, const NamedFiles& files,
                                     std::vector<std::string>& warnings) {
  const Descriptor file(files.open_file(path));
  struct stat about {};
  if (file.get() < 0 || fstat(file.get(), &about) != 0)
    return Error{fmt::format("cannot read {}: {}", path, errno_text()), ErrorKind::Usage};
  if (S_ISREG(about.st_mode) && (about.st_mode & S_IROTH) != 0) {
    warnings.push_back(
        fmt::format("every user may read {}, which holds a secret: chmod o-r {}", path, path));
  }
  std::array<char, 4097> buffer{};
  const ssize_t size = read(file.get(), buffer.data(), buffer.size());
  if (size < 0)
    return Error{fmt::format("cannot read {}: {}", path, errno_text()), ErrorKind::Usage};
  std::string text(buffer.data(), static_cast<std::size_t>(size));
  overwrite(buffer.data(), buffer.size());
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return Error{fmt::format("{} is empty", path), ErrorKind::Usage};
  if (text.size() >= buffer.size() - 1 || text.find('\n') != text.npos)
    return Error{fmt::format("{} holds more than one line", path), ErrorKind::Usage};
  return text;
}

Result<std::string> read_credential(const std::string& name, const NamedFiles& files,
                                    std::vector<std::string>& warnings) {
  const auto path = credential_path(name);
  if (!path) return path.error();
  return read_secret_file(*path, files, warnings);
}

std::optional<std::string> read_certificates(const std::string& path, const NamedFiles& files) {
  const Descriptor file(files.open_file(path));
  if (file.get() < 0) return std::nullopt;
  return read_input(file.get(), std::size_t{1} << 20);
}

Result<std::string> expand_variables(std::string_view text) {
  std::string out, name;
  std::size_t from = 0;
  for (std::size_t at = 0; (at = find_reference(text, from, name)) != text.npos;) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no thread changes the environment
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr) {
      return Error{fmt::format("the environment variable {} is not set", name), ErrorKind::Usage};
    }
    out.append(text.substr(from, at - from)).append(value);
    from = at + name.size() + 3;
  }
  return out.append(text.substr(from));
}

void forget_variables(std::string_view text, std::string_view kept) {
  std::string name;
  std::size_t from = 0;
  for (std::size_t at = 0; (at = find_reference(text, from, name)) != text.npos;) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no thread changes the environment
    char* const value = std::getenv(name.c_str());
    const bool needed = kept.find("${" + name + "}") != kept.npos;
    if (value != nullptr && !needed) overwrite(value, std::strlen(value));
    from = at + 2;
  }
}

}  // namespace synfin
