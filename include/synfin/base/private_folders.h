/// \file
/// Folders that root creates for the user whom it becomes. Tested in
/// tests/unit/base/private_folders_test.cc.
#pragma once

#include <sys/types.h>

#include <string>

namespace synfin {

/// Creates each missing folder of `path` with mode 0700, and gives it to the user if this is root.
/// Root follows no symbolic link of another user, and changes the owner of nothing that it did not
/// create. Returns 0, or an errno; a folder that exists is no failure. On failure `failed` is the
/// path that could not be made.
int make_private_folders(const std::string& path, uid_t uid, gid_t gid, std::string& failed);

}  // namespace synfin
