// See state_folder.h, and prepare_state_folder() in database.h.
#include "inventory/state_folder.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>

#include "synfin/base/errno_text.h"
#include "synfin/base/output_folder.h"
#include "synfin/base/private_folders.h"
#include "synfin/inventory/database.h"

namespace synfin {
namespace {

/// Who opens state files. prepare_state_folder() finds it out, because a look-up of the name may
/// need calls and files that the sandbox forbids.
struct Opener {
  std::string name;
  bool was_root = false;
};
Opener opener;

}  // namespace

std::string denied(int error) {
  const std::string reason = errno_text(error);
  if (error != EACCES && error != EPERM) return reason;
  return fmt::format(
      "{}: {}the user{} must be allowed to write the file and its folder, in which SQLite writes "
      "more files; choose a folder of that user{}",
      reason, opener.was_root ? "root becomes another user, and " : "", opener.name,
      opener.was_root ? ", or another user with -Z" : "");
}

Status prepare_state_folder(const std::string& path, uid_t owner, gid_t group) {
  if (path.empty()) return Ok{};
  const passwd* const entry = getpwuid(owner);  // NOLINT(concurrency-mt-unsafe): no thread exists
  opener = {entry != nullptr ? fmt::format(" {}", entry->pw_name) : "",
            geteuid() == 0 && owner != 0};
  const std::string folder = OutputFolder::name_of(path);
  const std::string above = OutputFolder::name_of(folder);
  if (access(above.c_str(), F_OK) != 0) return Ok{};  // open() reports it
  std::string failed;
  if (const int error = make_private_folders(folder, owner, group, failed); error != 0) {
    return Error{fmt::format("cannot create the folder {} of the state file: {}", failed,
                             output_error_text(error))};
  }
  return Ok{};
}

}  // namespace synfin
