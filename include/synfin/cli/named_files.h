/// \file
/// NamedFiles: the files of secrets and certificates that lines of a configuration file name. They
/// are opened before a process gives up its rights, and read afterwards.
/// Tested in tests/unit/cli/named_files_test.cc.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "synfin/base/descriptor.h"
#include "synfin/base/result.h"

namespace synfin {

class NamedFiles {
 public:
  /// Has no files: each is opened when it is read.
  NamedFiles() = default;
  /// Opens each file that a line "…-file = PATH" or "…-credential = NAME" of `text` names, at most
  /// 256 of them, if this process may do more than its user. Another process, without rights, reads
  /// the lines; wrong lines are left to whoever parses them. A file that cannot be opened is no
  /// error yet. `place` is the name of the text.
  static Result<NamedFiles> open(std::string_view text, const std::string& place);

  /// A descriptor for reading from the beginning, which the caller closes. Returns -1 with errno
  /// set if the file could not be opened.
  int open_file(const std::string& path) const;

 private:
  struct File {
    std::shared_ptr<const Descriptor> descriptor;
    int error = 0;
  };

  std::map<std::string, File> files_;
};

/// The path of a credential that systemd passes (systemd.exec(5), LoadCredential=).
Result<std::string> credential_path(const std::string& name);

}  // namespace synfin
