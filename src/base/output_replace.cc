// OutputFile in the mode Replace: a new file takes the place of the old one, or the old one is
// overwritten. Tested in tests/unit/base/output_replace_test.cc.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>

#include "base/write_bytes.h"
#include "synfin/base/descriptor.h"
#include "synfin/base/disk_sync.h"
#include "synfin/base/output_file.h"

namespace synfin {
namespace {

/// Reserves space for the first `size` bytes of a file. Returns an errno if there is none; the file
/// is then as before. Returns 0 also if the file system cannot reserve space.
int reserve_space(int descriptor, std::size_t size) {
  struct stat old {};
  if (size == 0 || fstat(descriptor, &old) != 0) return 0;
  int error = EINTR;
  while (error == EINTR)
    error = fallocate(descriptor, 0, 0, static_cast<off_t>(size)) == 0 ? 0 : errno;
  if (error != ENOSPC && error != EDQUOT && error != EFBIG) return 0;
  (void)!ftruncate(descriptor, old.st_size);
  return error;
}

}  // namespace

/// Replaces the file by the buffer. Overwrites it in place if the folder permits no other file, or
/// if it has further names, symbolic or hard links, which a new file would not have.
bool OutputFile::replace_file() {
  if (folder_ && folder_->is_removed()) {
    if (auto again = OutputFolder::of(path_)) folder_ = std::move(again);
  }
  failure_ = {};
  const std::string file = OutputFolder::file_in(path_);
  struct stat old {};
  const bool known = fstat(descriptor_, &old) == 0;
  if (known && (old.st_nlink > 1 || (folder_ && folder_->is_link(file)))) return overwrite_file();
  const std::string temporary = OutputFolder::temporary_name(file);
  const Descriptor created(folder_ ? folder_->open_file(temporary, FileCreation::New) : -1);
  // An existing file is written in place only if the folder forbids a new one for good.
  const bool forbidden = errno == EACCES || errno == EPERM || errno == EROFS;
  const bool keeps_old = known && old.st_nlink > 0 && old.st_size > 0;
  if (created.get() < 0 && keeps_old && folder_ && !forbidden) return give_up(errno);
  if (created.get() < 0) return overwrite_file();
  // The new file keeps the mode of the old one and, if root writes it, the owner.
  if (known && geteuid() == 0) (void)!fchown(created.get(), old.st_uid, old.st_gid);
  if (known) (void)!fchmod(created.get(), old.st_mode & 0777);
  bool written = write_all(created.get(), buffer_);
  if (const int error = written ? sync_to_disk(created.get()) : 0; error != 0) {
    errno = error;
    written = false;
  }
  if (written && folder_->rename_or_remove(temporary, file)) {
    progress_.written += buffer_.size();
    dup3(created.get(), descriptor_, O_CLOEXEC);  // for is_in_place()
    buffer_.clear();
    forget_failures();
    return true;
  }
  const int error = errno;
  if (!written) folder_->remove(temporary);
  // A folder like /tmp permits a new file, but not to replace that of another user.
  if (written && (error == EPERM || error == EACCES)) return overwrite_file();
  return give_up(error);
}

/// Loses the buffer. Returns false.
bool OutputFile::give_up(int error) {
  fail(error);
  progress_.lost += buffer_.size();
  buffer_.clear();
  return false;
}

/// The file is whole now, so it does not matter what was lost before.
void OutputFile::forget_failures() {
  failure_ = {};
  first_failure_ = {};
  progress_.lost = 0;
}

/// The file keeps its blocks while it is overwritten, so that no other program takes them on a full
/// disk.
bool OutputFile::overwrite_file() {
  if (!place_unnamed()) return give_up(errno);
  if (const int error = reserve_space(descriptor_, buffer_.size()); error != 0)
    return give_up(error);
  // Writing with O_APPEND would begin behind the old content.
  if (fcntl(descriptor_, F_SETFL, 0) != 0 || lseek(descriptor_, 0, SEEK_SET) != 0)
    return give_up(errno);
  const std::uint64_t before = progress_.written;
  (void)write_buffer();
  if (ftruncate(descriptor_, static_cast<off_t>(progress_.written - before)) != 0) fail(errno);
  if (!failure_.message.empty()) return false;
  forget_failures();
  return true;
}

void OutputFile::rewind() {
  if (!folder_ || !is_regular()) return;
  buffer_.clear();
  progress_.committed = 0;
  if (mode_ == OutputMode::Replace) return;
  if (lseek(descriptor_, 0, SEEK_SET) == 0 && ftruncate(descriptor_, 0) != 0) fail(errno);
}

/// Gives a file without a name its name. Its content is not copied.
bool OutputFile::place_unnamed() {
  struct stat about {};
  if (mode_ != OutputMode::Replace || !progress_.created || fstat(descriptor_, &about) != 0 ||
      about.st_nlink != 0) {
    return true;
  }
  const Descriptor named(folder_->open_file(OutputFolder::file_in(path_), FileCreation::Any));
  return named.get() >= 0 && dup3(named.get(), descriptor_, O_CLOEXEC) >= 0;
}

}  // namespace synfin
