/// \file
/// OutputFolder: the folder of an output file, opened once, so that later files are created in the
/// same folder even if somebody renames it or replaces it by a link. If it was removed, its name is
/// opened again, by the same rules.
///
/// As root, no symbolic link is followed anywhere in the path, and an existing file with several
/// names (hard links) is refused: another user may have placed them there. Whether files may be
/// created is decided by the privileges at that time, not by those of open(). If a helper process
/// exists (see FileHelper), it does all of this with its own rights, until it ends. Tested in
/// tests/unit/base/output_folder_test.cc and tests/unit/sandbox/.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "synfin/base/result.h"

namespace synfin {

/// How OutputFolder::open_file() treats the name.
enum class FileCreation : unsigned char {
  Any,  ///< opens an existing file or creates one
  New,  ///< fails with EEXIST if the name exists
};

/// Any thread may use it.
class OutputFolder {
 public:
  /// Opens the folder of the file `path`. Returns null with errno set if that fails.
  static std::shared_ptr<const OutputFolder> of(const std::string& path);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// The folder of `path` as of() would open it.
  static std::string name_of(const std::string& path);
  /// As stat(2) of the output `path`; asks the helper if this user may not.
  static bool status_of(const std::string& path, struct stat& about);
  /// The part of `path` behind its folder.
  static std::string file_in(const std::string& path);

  /// Opens `file` for writing at its end, mode 0600, without truncating it. Returns a descriptor,
  /// or -1 with errno set; EMLINK means a refused hard link, EOWNERDEAD a refused file of another
  /// user, ENXIO a FIFO that nobody has opened for reading within a second.
  int open_file(const std::string& file, FileCreation creation) const;
  /// The same without waiting. `owner`: root writes to existing files of this user, too.
  int try_to_open(const std::string& file, FileCreation creation, uid_t owner = 0) const;
  /// Opens a new file without a name, where `file` will be. Returns -1 with errno set if the folder
  /// does not permit to create files.
  int open_unnamed(const std::string& file) const;
  /// A name that nobody can guess, for a file that will be renamed to `file`.
  static std::string temporary_name(const std::string& file);
  bool rename(const std::string& from, const std::string& to) const;
  /// As rename(), and removes `from` if that fails or throws.
  bool rename_or_remove(const std::string& from, const std::string& to) const;
  /// Removes a file that this process created. Returns false with errno set, as the next two.
  bool remove(const std::string& file) const;
  /// Removes a file of an earlier run, as root only if may_remove(). ENOENT: there is none.
  bool remove_old(const std::string& file) const;
  /// True if `file` is a regular file of root, of `owner`, or of the owner of the folder. EPERM for
  /// others.
  bool may_remove(const std::string& file, uid_t owner) const;
  bool exists(const std::string& file) const;
  /// True if `file` is a symbolic link.
  bool is_link(const std::string& file) const;
  /// As stat(2), or lstat(2) without `follow`.
  bool status(const std::string& file, bool follow, struct stat& about) const;
  /// True if `file` names the file that `descriptor` is.
  bool names(const std::string& file, int descriptor) const;
  /// O_PATH; owned by this object.
  int descriptor() const { return descriptor_; }
  /// True if somebody has removed the folder. Another one may have its name by now.
  bool is_removed() const;

 private:
  OutputFolder(int descriptor, std::string prefix)
      : descriptor_(descriptor), prefix_(std::move(prefix)) {}

  std::string path_of(const std::string& file) const { return prefix_ + file; }
  int refusal(int descriptor, uid_t owner) const;

  int descriptor_;
  std::string prefix_;  ///< of its files, as the command line has it, for requests to the helper
};

/// Why an output or its folder could not be opened, created or written: the text of an errno, or
/// what synfin itself means by it.
std::string output_error_text(int error);

}  // namespace synfin
