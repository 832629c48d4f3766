/// \file
/// Least privilege: root becomes another user, and every process keeps only the capabilities that
/// its work needs. The process that parses packets keeps none.
///
/// Spec: capabilities(7), prctl(2) PR_SET_NO_NEW_PRIVS. Tested in
/// tests/unit/sandbox/privileges_test.cc and tests/live/.
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

/// The user of a number. Without an account, `gid` is its only group.
TargetUser user_of(uid_t uid, gid_t gid);

/// Becomes `requested_user` (empty: choose_user()) if this is root, drops all capabilities, and
/// gives up the ability to gain any. Returns sentences about it, for -v. REQUIRES: no other thread
/// is running, because Linux changes the credentials of the calling thread only.
Result<std::vector<std::string>> drop_privileges(const std::string& requested_user);

/// Becomes `user` but keeps the permitted capabilities, for keep_capabilities(). REQUIRES: root.
Status become_user(const TargetUser& user);

/// Drops all capabilities but those of `kept` that this process has, and gives up the ability to
/// gain any. REQUIRES: no other thread is running.
Status keep_capabilities(const std::vector<KeptCapability>& kept);

/// True if the effective user is root.
bool running_as_root();
/// True if this process may do more than the user who started it: then others must not choose what
/// it opens.
bool has_more_rights();
/// True if the process has any capability, or this one (CAP_NET_RAW and so on).
bool has_any_capability();
bool has_capability(int number);

/// True if this process can create the file anew after somebody has moved it, which rotation and
/// reopening need. Also true for a device or a pipe, which are neither rotated nor moved.
bool can_create_again(const std::string& path);

}  // namespace synfin
