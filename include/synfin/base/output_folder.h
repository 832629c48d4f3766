/// \file
/// OutputFolder: the folder of an output file, opened once, so that later files are created in the
/// same folder even if somebody renames it or replaces it by a link.
///
/// As root, no symbolic link is followed anywhere in the path, and an existing file with several
/// names (hard links) is refused: another user may have placed them there. Whether files may be
/// created is decided by the privileges at that time, not by those of open(). Tested in
/// tests/unit/base/output_folder_test.cc.
#pragma once

#include <memory>
#include <string>

#include "synfin/base/result.h"

namespace synfin {

/// How OutputFolder::open_file() treats the name.
enum class FileCreation : unsigned char {
  Any,  ///< opens an existing file or creates one
  New,  ///< fails with EEXIST if the name exists
};

/// The user that root becomes after files are open.
struct LaterUser {
  unsigned uid = 0;
  unsigned gid = 0;
  bool owns = false;  ///< output files will belong to that user, not to root
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
  /// The part of `path` behind its folder.
  static std::string file_in(const std::string& path);

  /// Opens `file` for writing at its end, mode 0600, without truncating it. Returns a descriptor,
  /// or -1 with errno set; EMLINK stands for a refused hard link.
  int open_file(const std::string& file, FileCreation creation) const;
  /// Opens a new file without a name, where `file` will be. Returns -1 with errno set if the folder
  /// does not permit to create files.
  int open_unnamed(const std::string& file) const;
  /// A name that nobody can guess, for a file that will be renamed to `file`.
  static std::string temporary_name(const std::string& file);
  /// True if `user` may create `file`. REQUIRES: the caller is root or that user.
  bool permits(const std::string& file, const LaterUser& user) const;
  bool rename(const std::string& from, const std::string& to) const;
  void remove(const std::string& file) const;
  bool exists(const std::string& file) const;
  /// True if `file` is a symbolic link.
  bool is_link(const std::string& file) const;
  /// True if `file` names the file that `descriptor` is.
  bool names(const std::string& file, int descriptor) const;
  /// True if this process may create files in the folder now.
  bool is_writable() const;

 private:
  explicit OutputFolder(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace synfin
