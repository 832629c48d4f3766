// See without_rights.h.
#include "synfin/sandbox/without_rights.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sandbox/helper_start.h"
#include "synfin/base/descriptor.h"
#include "synfin/base/errno_text.h"
#include "synfin/sandbox/privileges.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxErrorText = 1 << 16;  ///< bytes of an error

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

/// What precedes the bytes of a result, or of the sentence of an error.
struct Head {
  enum Kind : std::uint64_t { kResult, kWorkError, kUsageError };
  std::uint64_t kind = kResult;
  std::uint64_t size = 0;
};

bool send_result(int pipe, const Result<SecretText>& result) {
  const std::string_view bytes =
      result ? result->view() : std::string_view(result.error().message).substr(0, kMaxErrorText);
  Head head{.kind = Head::kResult, .size = bytes.size()};
  if (!result)
    head.kind = result.error().kind == ErrorKind::Usage ? Head::kUsageError : Head::kWorkError;
  return transfer_all(write, pipe, reinterpret_cast<const char*>(&head), sizeof head) &&
         transfer_all(write, pipe, bytes.data(), bytes.size());
}

std::optional<Result<SecretText>> receive_result(int pipe, std::size_t max_bytes) {
  Head head;
  if (!transfer_all(read, pipe, reinterpret_cast<char*>(&head), sizeof head) ||
      head.kind > Head::kUsageError ||
      head.size > (head.kind == Head::kResult ? max_bytes : kMaxErrorText))
    return std::nullopt;
  SecretText text;
  text.bytes().resize(head.size);
  text.exclude_from_core_dumps();
  if (!transfer_all(read, pipe, text.bytes().data(), head.size)) return std::nullopt;
  if (head.kind == Head::kResult) return Result<SecretText>(std::move(text));
  return Error{std::string(text.view()),
               head.kind == Head::kUsageError ? ErrorKind::Usage : ErrorKind::Work};
}

/// The body of the process. Returns its exit code.
int work_without_rights(const std::function<Result<SecretText>()>& work, int pipe, pid_t parent) {
  // A user namespace may hold root only. Without capabilities root can still do less.
  if (const auto user = choose_user(""); running_as_root() && user) (void)become_user(*user);
  if (!limit_helper(std::nullopt, {}, parent)) return 1;
  return send_result(pipe, work()) ? 0 : 1;
}

}  // namespace

Result<SecretText> run_without_rights(const std::string& what,
                                      const std::function<Result<SecretText>()>& work,
                                      std::size_t max_bytes) {
  const auto failed = [&what](const std::string& why) {
    return Error{fmt::format("cannot read {}: {}", what, why)};
  };
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return failed(errno_text());
  const Descriptor from(ends[0]);
  std::optional<Descriptor> to(std::in_place, ends[1]);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return failed(errno_text());
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
  auto result = receive_result(from.get(), max_bytes);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (!result || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return failed("the process without rights that reads it has ended early");
  return std::move(*result);
}

}  // namespace synfin
