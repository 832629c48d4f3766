// See helper_process.h.
#include "sandbox/helper_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "sandbox/helper_start.h"
#include "sandbox/trial.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/errno_text.h"

namespace synfin {
namespace {

/// How long the end of a run waits for the end of a helper.
constexpr auto kExitTimeout = std::chrono::seconds{5};

/// A request to `socket` fails with EAGAIN if no answer arrives in time.
bool set_timeout(int socket, std::chrono::milliseconds timeout) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(timeout);
  const timeval most{seconds.count(), std::chrono::microseconds{timeout - seconds}.count()};
  return setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most) == 0;
}

/// The body of the helper process. Returns its exit code.
int serve(const HelperDuty& duty, const SharedNumber& refused, int socket, pid_t parent) {
  if (!isolate_helper(socket) || !limit_helper(duty.user, duty.kept, parent)) return 1;
  const HelperDuty::Answer answer = duty.make_answer();
  store_refused_calls(refused);
#ifndef SYNFIN_INSTRUMENTED
  // Without seccomp the checks of requests remain.
  if (!is_translated()) (void)confine_helper(duty.syscalls);
#endif
  const bool for_files = duty.syscalls == HelperSyscalls::Files;
  while (const auto received = receive_request(kHelperSocket)) {
    if (!is_valid(received->request, received->descriptors)) return 1;
    if (is_about_files(received->request.question) != for_files) return 1;
    int opened = -1;
    const HelperReply reply = answer(received->request, opened);
    const bool sent = send_message(kHelperSocket, reply, opened);
    if (opened >= 0) close(opened);
    if (!sent) return 0;
  }
  return 0;
}

}  // namespace

Result<std::unique_ptr<HelperProcess>> HelperProcess::start(HelperDuty duty) {
  int ends[2] = {-1, -1};
  const auto failed = [&] {
    return Error{fmt::format("cannot start {}: {}", duty.name, errno_text())};
  };
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return failed();
  (void)set_timeout(ends[0], duty.answer_timeout);
  auto refused = std::make_unique<SharedNumber>();
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    int code = 1;
    try {
      code = serve(duty, *refused, ends[1], parent);
    } catch (...) {
      code = 1;
    }
    _exit(code);
  }
  close(ends[1]);
  if (child < 0) {
    const Error error = failed();
    close(ends[0]);
    return error;
  }
  return std::unique_ptr<HelperProcess>(
      new HelperProcess(duty.name, std::move(refused), ends[0], child));
}

HelperProcess::~HelperProcess() {
  if (socket_ >= 0) close(socket_);
  const auto end = std::chrono::steady_clock::now() + kExitTimeout;
  while (true) {
    const pid_t ended = waitpid(process_, nullptr, WNOHANG);
    if (ended > 0 || (ended < 0 && errno != EINTR)) return;
    if (hangs_ || std::chrono::steady_clock::now() > end) return;
    (void)poll(nullptr, 0, 1);
  }
}

/// REQUIRES: the mutex is locked.
void HelperProcess::give_up(bool late) {
  hangs_ = late;
  close(std::exchange(socket_, -1));
  const int number = refused_->load();
  const std::string cause =
      number < 0 ? "" : fmt::format(" at {}, which its sandbox refuses", system_call_text(number));
  log(LogLevel::Warning,
      fmt::format("{} {}{}, so the run continues with the rights of its user alone", name_,
                  late ? "does not answer" : "has ended", cause));
}

bool HelperProcess::alive() {
  const std::lock_guard lock(mutex_);
  return socket_ >= 0;
}

std::optional<HelperReply> HelperProcess::ask(const HelperRequest& request, int* opened) {
  const std::lock_guard lock(mutex_);
  if (socket_ < 0) return std::nullopt;
  if (!is_valid(request, 0)) {  // a path that is too long, for example
    HelperReply refused;
    refused.error = EINVAL;
    return refused;
  }
  std::optional<ReceivedReply> received;
  errno = 0;
  if (send_message(socket_, request)) received = receive_reply(socket_);
  const bool late = !received && errno == EAGAIN;
  if (received && received->lost) {
    HelperReply failed;
    failed.error = EMFILE;
    return failed;
  }
  if (!received || !is_valid(received->reply, request, received->descriptors)) {
    if (received && received->descriptor >= 0) close(received->descriptor);
    give_up(late);
    return std::nullopt;
  }
  if (opened != nullptr) {
    *opened = received->descriptor;
  } else if (received->descriptor >= 0) {
    close(received->descriptor);
  }
  return received->reply;
}

}  // namespace synfin
