// See file_service.h.
#include "sandbox/file_service.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <utility>

namespace synfin {
namespace {

constexpr int kReadFlags = O_RDONLY | O_CLOEXEC | O_NOCTTY;

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

FileStatus status_of(const struct stat& about) {
  FileStatus status;
  status.device = about.st_dev;
  status.inode = about.st_ino;
  status.size = static_cast<std::uint64_t>(about.st_size);
  status.changed_s = about.st_mtim.tv_sec;
  status.changed_ns = about.st_mtim.tv_nsec;
  status.mode = about.st_mode;
  return status;
}

/// Closes a file. Returns -1 with errno set.
int refuse(int descriptor, int error) {
  close(descriptor);
  errno = error;
  return -1;
}

/// Opens an entry of a folder. A symbolic link is followed if it belongs to root: others could name
/// a file that only root may read. As link and name come from one descriptor, nobody can replace
/// the link in between.
int open_here(int folder, const std::string& name) {
  const int opened = openat(folder, name.c_str(), kReadFlags | O_NONBLOCK | O_NOFOLLOW);
  if (opened >= 0 || errno != ELOOP) return opened;
  const Descriptor link(openat(folder, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat about {};
  std::array<char, PATH_MAX> target{};
  const ssize_t size = link.get() < 0 || fstat(link.get(), &about) != 0 || about.st_uid != 0
                           ? -1
                           : readlinkat(link.get(), "", target.data(), target.size() - 1);
  if (size > 0) return openat(folder, target.data(), kReadFlags | O_NONBLOCK);
  errno = ELOOP;
  return -1;
}

/// Opens an entry of a folder if it is a regular file.
int open_entry(int folder, const std::string& name) {
  const int opened = open_here(folder, name);
  struct stat about {};
  if (opened < 0 || (fstat(opened, &about) == 0 && S_ISREG(about.st_mode))) return opened;
  return refuse(opened, EPERM);
}

}  // namespace

FileService::FileService(FileHelperRules rules) : rules_(std::move(rules)) {
  for (std::string& input : rules_.inputs) {
    input = without_slashes(std::move(input));
    auto folder = std::make_shared<const Descriptor>(
        ::open(input.c_str(), kReadFlags | O_DIRECTORY | O_NONBLOCK));
    if (folder->get() >= 0) input_folders_.emplace(input, std::move(folder));
  }
}

/// Opens a configured file or folder, or an entry of a configured folder. Fails with EPERM for
/// others.
int FileService::open_input(const std::string& given) const {
  const std::string path = without_slashes(given);
  if (const auto folder = input_folders_.find(path); folder != input_folders_.end())
    return openat(folder->second->get(), ".", kReadFlags | O_DIRECTORY);
  const auto& inputs = rules_.inputs;
  if (std::find(inputs.begin(), inputs.end(), path) != inputs.end())
    return ::open(path.c_str(), kReadFlags | O_NONBLOCK);
  const std::string name = OutputFolder::file_in(path);
  const auto folder = input_folders_.find(without_slashes(OutputFolder::name_of(path)));
  if (folder != input_folders_.end() && !name.empty() && name != "." && name != "..")
    return open_entry(folder->second->get(), name);
  errno = EPERM;
  return -1;
}

bool FileService::is_output(const std::string& path) const {
  const std::string name = OutputFolder::file_in(path);
  return !name.empty() && name != "." && name != ".." &&
         std::any_of(rules_.outputs.begin(), rules_.outputs.end(),
                     [&](const OutputName& output) { return output.matches(path); });
}

/// The folder of an output or of its temporary file, opened once, and again if it was removed. Null
/// with errno set on failure.
FileService::Folder FileService::folder_of(const std::string& path) {
  if (!is_output(replaced_by(path).value_or(path)) && !is_output(path)) {
    errno = EPERM;
    return nullptr;
  }
  const std::string name = OutputFolder::name_of(path);
  if (const auto known = output_folders_.find(name); known != output_folders_.end()) {
    if (!known->second->is_removed()) return known->second;
    output_folders_.erase(known);
  }
  Folder folder = OutputFolder::of(path);
  if (folder && output_folders_.size() < kMaxFolders) output_folders_.emplace(name, folder);
  return folder;
}

/// The user to whom files of the run belong.
uid_t FileService::owner() const { return rules_.owner ? rules_.owner->uid : geteuid(); }

bool FileService::created(const std::string& path) const {
  return std::find(created_.begin(), created_.end(), path) != created_.end();
}

int FileService::open_output(const std::string& path, FileCreation creation) {
  const Folder folder = folder_of(path);
  if (!folder) return -1;
  const std::string file = OutputFolder::file_in(path);
  if (!is_output(path) && creation != FileCreation::New) {
    errno = EPERM;
    return -1;
  }
  const bool existed = folder->exists(file);
  const auto replaced = is_output(path) ? std::nullopt : replaced_by(path);
  created_.push_back(path);  // before it exists, so that a lack of memory leaves no file behind
  const int opened = folder->try_to_open(file, creation, owner());
  if (opened < 0 || existed) {
    created_.pop_back();
    return opened;
  }
  set_owner(replaced, opened, *folder);
  if (created_.size() > kMaxCreated) created_.pop_front();
  return opened;
}

/// A temporary file gets the owner and the mode of the file `old` that it will replace. Other files
/// of this process are given to the owner that the run chose.
void FileService::set_owner(const std::optional<std::string>& old, int descriptor,
                            const OutputFolder& folder) const {
  struct stat about {
  }, replaced{};
  if (fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode) || about.st_nlink != 1 ||
      about.st_uid != geteuid()) {
    return;
  }
  if (old && fstatat(folder.descriptor(), OutputFolder::file_in(*old).c_str(), &replaced,
                     AT_SYMLINK_NOFOLLOW) == 0) {
    if (!S_ISREG(replaced.st_mode)) return;
    (void)!fchown(descriptor, replaced.st_uid, replaced.st_gid);
    (void)!fchmod(descriptor, replaced.st_mode & 0777);
  } else if (rules_.owner) {
    (void)!fchown(descriptor, rules_.owner->uid, rules_.owner->gid);
  }
}

/// Returns an errno, as the next two functions.
int FileService::output_status(const std::string& path, bool follow, FileStatus& status) {
  const Folder folder = folder_of(path);
  if (!folder) return errno;
  struct stat about {};
  const std::string file = OutputFolder::file_in(path);
  const int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
  if (fstatat(folder->descriptor(), file.c_str(), &about, flags) != 0) return errno;
  status = status_of(about);
  return 0;
}

int FileService::rename_output(const std::string& from, const std::string& to) {
  if (!is_output(to) || replaced_by(from) != to || !created(from)) return EPERM;
  const Folder folder = folder_of(to);
  if (!folder) return errno;
  if (!folder->rename(OutputFolder::file_in(from), OutputFolder::file_in(to))) return errno;
  std::erase(created_, from);
  return 0;
}

/// A removable output of an earlier run must be a regular file of a user who can do no harm by it.
int FileService::remove_output(const std::string& path) {
  const bool own = created(path);
  const auto& removable = rules_.removable;
  if (!own && std::find(removable.begin(), removable.end(), path) == removable.end()) return EPERM;
  const Folder folder = folder_of(path);
  if (!folder) return errno;
  const std::string file = OutputFolder::file_in(path);
  if (!own && !folder->may_remove(file, owner())) return errno;
  if (!folder->remove(file)) return errno;
  std::erase(created_, path);
  return 0;
}

HelperReply FileService::answer(const HelperRequest& request, int& opened) {
  HelperReply reply;
  reply.question = request.question;
  const std::string path(request.texts[0].view());
  const auto give = [&](int descriptor) {
    opened = descriptor;
    if (descriptor < 0) reply.error = static_cast<std::uint32_t>(errno);
  };
  switch (request.question) {
    case Question::OpenInput:
      give(open_input(path));
      break;
    case Question::InputStatus: {
      const Descriptor file(open_input(path));
      struct stat about {};
      const bool known = file.get() >= 0 && fstat(file.get(), &about) == 0;
      if (known) reply.status = status_of(about);
      reply.error = known ? 0 : static_cast<std::uint32_t>(errno);
      break;
    }
    case Question::OpenOutputFolder: {
      const Folder folder = folder_of(path);
      give(folder ? fcntl(folder->descriptor(), F_DUPFD_CLOEXEC, 3) : -1);
      break;
    }
    case Question::OpenOutput:
      give(open_output(path, static_cast<FileCreation>(request.number)));
      break;
    case Question::OutputStatus:
      reply.error =
          static_cast<std::uint32_t>(output_status(path, request.number != 0, reply.status));
      break;
    case Question::RenameOutput:
      reply.error =
          static_cast<std::uint32_t>(rename_output(path, std::string(request.texts[1].view())));
      break;
    case Question::RemoveOutput:
      reply.error = static_cast<std::uint32_t>(remove_output(path));
      break;
    case Question::PacketSocket:
      if (!rules_.packet_sockets) errno = EPERM;
      give(rules_.packet_sockets
               ? ::socket(AF_PACKET, static_cast<int>(request.number) | SOCK_CLOEXEC, 0)
               : -1);
      break;
    default:
      reply.error = EPERM;
  }
  return reply;
}

}  // namespace synfin
