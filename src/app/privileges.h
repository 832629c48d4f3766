/// \file
/// Least privilege: what was needed to open captures and files is given up before the first packet
/// is looked at.
///
/// Spec: capabilities(7), prctl(2) PR_SET_NO_NEW_PRIVS. Linux only; elsewhere nothing is given up,
/// and said. Tested in tests/unit/app/privileges_test.cc and tests/live/.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "synfin/base/result.h"

namespace synfin {

/// A capability that a run keeps, and what for.
struct KeptCapability {
  int number = 0;  ///< CAP_NET_RAW and so on
  std::string name;
  std::string reason;
};

struct PrivilegePlan {
  std::string user;                ///< -Z; empty: choose_user()
  bool reopen_interfaces = false;  ///< a named interface may come back
  bool open_files_later = false;   ///< several captures are opened one after another
  bool see_all_processes = false;  ///< other users' processes are to be named
};

/// Who to become. REQUIRES: running as root to mean anything.
struct TargetUser {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  bool owns_files =
      false;  ///< a person's or the program's own account, which may own what is written
};

/// `asked` if not empty, else the user who called sudo, else "synfin", else "nobody". Fails when
/// `asked` does not exist.
Result<TargetUser> choose_user(const std::string& asked);

/// What the plan needs to keep.
std::vector<KeptCapability> capabilities_for(const PrivilegePlan& plan);

/// Becomes `plan`'s user where this is root, gives up all capabilities but those, and the right to
/// gain any. Gives sentences about it, for -v. REQUIRES: no other thread needs privileges.
Result<std::vector<std::string>> apply_privilege_plan(const PrivilegePlan& plan);

/// True when this process has all the rights of root now.
bool running_as_root();

/// True when a file beside `path` can be made: needed to rotate it or to open it again.
bool may_create_beside(const std::string& path);

}  // namespace synfin
