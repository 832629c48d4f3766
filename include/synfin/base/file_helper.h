/// \file
/// FileHelper: the rights that a run keeps outside of the process that parses packets. A helper
/// process opens, creates, renames and removes files for it; the layer `sandbox` implements it.
///
/// At most one helper exists. It is set before other threads start. Any thread may use it.
#pragma once

#include <sys/stat.h>

#include <string>

namespace synfin {

enum class FileCreation : unsigned char;

/// Each function fails with errno set; EPERM if the run was not configured for the request, and
/// ENOTCONN if the helper process has ended.
class FileHelper {
 public:
  virtual ~FileHelper() = default;

  /// Opens a file or folder for reading. Returns -1 on failure, as the next two functions.
  virtual int open_input(const std::string& path) = 0;
  /// Opens the folder of the output `path` as O_PATH.
  virtual int open_output_folder(const std::string& path) = 0;
  /// As OutputFolder::open_file().
  virtual int open_output(const std::string& path, FileCreation creation) = 0;

  virtual bool input_status(const std::string& path, struct stat& about) = 0;
  /// `follow`: that of the file behind a symbolic link.
  virtual bool output_status(const std::string& path, bool follow, struct stat& about) = 0;
  /// Renames within a folder.
  virtual bool rename_output(const std::string& from, const std::string& to) = 0;
  /// Removes a file that it created, or an output that the run may remove.
  virtual bool remove_output(const std::string& path) = 0;
  /// Returns a new, unbound packet socket of type SOCK_RAW or SOCK_DGRAM, or -1.
  virtual int packet_socket(int type) = 0;
};

/// Null without a helper.
FileHelper* file_helper();
/// REQUIRES: no other thread runs. The helper must outlive all uses.
void set_file_helper(FileHelper* helper);

}  // namespace synfin
