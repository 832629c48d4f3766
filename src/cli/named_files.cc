// See named_files.h.
#include "synfin/cli/named_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "synfin/base/secret_text.h"
#include "synfin/cli/config_file.h"
#include "synfin/cli/secrets.h"
#include "synfin/sandbox/privileges.h"
#include "synfin/sandbox/without_rights.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxFiles = 256;
constexpr std::size_t kMaxPaths = std::size_t{1} << 20;  ///< bytes of all paths
constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

/// The paths that the lines name, each with a line end behind it.
SecretText paths_in(std::string_view text, const std::string& place) {
  std::string paths;
  const auto entries = parse_config(text, place);
  if (!entries) return SecretText(paths);
  const auto add = [&paths](const Result<std::string>& path) {
    if (path && !path->empty()) paths += *path + "\n";
  };
  for (const ConfigEntry& entry : *entries) {
    if (entry.key.ends_with("-credential")) add(credential_path(entry.value));
    if (!entry.key.ends_with("-file")) continue;
    add(entry.value);
    if (entry.value.find("${") != entry.value.npos) add(expand_variables(entry.value));
  }
  return SecretText(paths);
}

}  // namespace

Result<NamedFiles> NamedFiles::open(std::string_view text, const std::string& place) {
  NamedFiles named;
  if (!has_more_rights()) return named;
  const auto paths = run_without_rights(
      place, [&] { return paths_in(text, place); }, kMaxPaths);
  if (!paths) return paths.error();
  std::string_view rest = paths->view();
  while (!rest.empty() && named.files_.size() < kMaxFiles) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string path(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const int opened = ::open(path.c_str(), kFlags);
    const int error = opened < 0 ? errno : 0;
    named.files_.try_emplace(path, File{std::make_shared<const Descriptor>(opened), error});
  }
  return named;
}

int NamedFiles::open_file(const std::string& path) const {
  const auto named = files_.find(path);
  if (named == files_.end()) return ::open(path.c_str(), kFlags);
  if (named->second.error != 0) {
    errno = named->second.error;
    return -1;
  }
  const int again = fcntl(named->second.descriptor->get(), F_DUPFD_CLOEXEC, 3);
  if (again >= 0) (void)lseek(again, 0, SEEK_SET);  // pipes have no position
  return again;
}

Result<std::string> credential_path(const std::string& name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no thread changes the environment
  const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr) {
    return Error{fmt::format("no credential {} exists, because systemd did not start synfin with "
                             "LoadCredential=",
                             name),
                 ErrorKind::Usage};
  }
  if (name.find('/') != name.npos)
    return Error{"the name of a credential contains no slash", ErrorKind::Usage};
  return folder + ("/" + name);
}

}  // namespace synfin
