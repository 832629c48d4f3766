// See without_rights.h.
#include "synfin/sandbox/without_rights.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>

#include "sandbox/helper_start.h"
#include "synfin/base/descriptor.h"
#include "synfin/base/errno_text.h"
#include "synfin/sandbox/privileges.h"

namespace synfin {
namespace {

/// False if the other end is closed, or the bytes end early.
template <typename Call, typename Byte>
bool transfer_all(const Call& call, int descriptor, Byte* bytes, std::size_t size) {
  while (size != 0) {
    const ssize_t done = call(descriptor, bytes, size);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

bool send_text(int pipe, const SecretText& text) {
  const std::uint64_t size = text.view().size();
  return transfer_all(write, pipe, reinterpret_cast<const char*>(&size), sizeof size) &&
         transfer_all(write, pipe, text.view().data(), text.view().size());
}

std::optional<SecretText> receive_text(int pipe, std::size_t max_bytes) {
  std::uint64_t size = 0;
  if (!transfer_all(read, pipe, reinterpret_cast<char*>(&size), sizeof size) || size > max_bytes)
    return std::nullopt;
  SecretText text;
  text.bytes().resize(size);
  text.exclude_from_core_dumps();
  if (!transfer_all(read, pipe, text.bytes().data(), size)) return std::nullopt;
  return text;
}

/// The body of the process. Returns its exit code.
int work_without_rights(const std::function<SecretText()>& work, int pipe, pid_t parent) {
  // A user namespace may hold root only. Without capabilities root can still do less.
  if (const auto user = choose_user(""); running_as_root() && user) (void)become_user(*user);
  if (!limit_helper(std::nullopt, {}, parent)) return 1;
  return send_text(pipe, work()) ? 0 : 1;
}

}  // namespace

Result<SecretText> run_without_rights(const std::function<SecretText()>& work,
                                      std::size_t max_bytes) {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return Error{errno_text()};
  const Descriptor from(ends[0]);
  std::optional<Descriptor> to(std::in_place, ends[1]);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return Error{errno_text()};
  if (child == 0) {
    int code = 1;
    try {
      code = work_without_rights(work, to->get(), parent);
    } catch (...) {
      code = 1;
    }
    _exit(code);
  }
  to.reset();
  auto text = receive_text(from.get(), max_bytes);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (!text || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return Error{"the process without rights that reads it has ended early"};
  return Result<SecretText>(std::move(*text));
}

}  // namespace synfin
