/// \file
/// Least privilege: synfin opens captures and files, then drops every privilege that it no longer
/// needs, before it reads the first packet.
///
/// Spec: capabilities(7), prctl(2) PR_SET_NO_NEW_PRIVS. Tested in
/// tests/unit/app/privileges_test.cc and tests/live/.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "synfin/base/result.h"

namespace synfin {

/// A capability that a run keeps, and the reason.
struct KeptCapability {
  int number = 0;  ///< CAP_NET_RAW and so on
  std::string name;
  std::string reason;
};

struct PrivilegePlan {
  std::string user;                ///< -Z; empty: choose_user()
  bool reopen_interfaces = false;  ///< a named interface may disappear and return
  bool open_files_later = false;   ///< several captures are opened one after another
  bool see_all_processes = false;  ///< processes of other users are reported
};

/// The user that root becomes.
struct TargetUser {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  bool owns_files = false;  ///< true for an account that may own the output files, unlike nobody
};

/// Returns `requested` if not empty, else the user who called sudo, else "synfin", else "nobody".
/// Fails if `requested` does not exist.
Result<TargetUser> choose_user(const std::string& requested);

/// Returns the capabilities that the plan needs.
std::vector<KeptCapability> capabilities_for(const PrivilegePlan& plan);

/// Becomes the plan's user if this is root, drops all capabilities but those of the plan, and gives
/// up the ability to gain any. Returns sentences about it, for -v. REQUIRES: no other thread is
/// running, because Linux changes the credentials of the calling thread only.
Result<std::vector<std::string>> apply_privilege_plan(const PrivilegePlan& plan);

/// True if the effective user is root.
bool running_as_root();

/// True if `user` may create files in the folder of `path`. REQUIRES: running as root, and no other
/// thread is running.
bool can_create_files_as(const TargetUser& user, const std::string& path);

/// True if a file can be created in the folder of `path`, which rotation and reopening need.
bool can_create_beside(const std::string& path);

}  // namespace synfin
