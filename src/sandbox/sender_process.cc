// See sender_process.h.
#include "synfin/sandbox/sender_process.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "sandbox/helper_start.h"
#include "sandbox/landlock.h"
#include "sandbox/seccomp_filter.h"
#include "sandbox/trial.h"
#include "synfin/base/errno_text.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxSentence = 4096;
/// What the C library reads to look up a name, and again when it has changed.
constexpr const char* kLookUpFiles[] = {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf"};

/// DHCP clients and the like replace these files, so the process may read in their folders, but
/// not as root, who could read secrets there.
[[maybe_unused]] void permit_new_look_up_files(SandboxPlan& plan) {
  if (geteuid() == 0) return;
  for (const char* const file : kLookUpFiles) plan.replaceable.emplace_back(file);
}

SendResult send_with(int flags, int channel, char kind, std::string_view text) {
  std::string message(1, kind);
  message += text.substr(0, kMaxSentence - 1);
  iovec part{message.data(), message.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  ssize_t sent = -1;
  do {
    sent = sendmsg(channel, &header, MSG_NOSIGNAL | flags);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return SendResult::Sent;
  return errno == EAGAIN ? SendResult::Full : SendResult::Ended;
}

/// The body of the process. Returns its exit code.
int serve(const SenderDuty& duty, int socket, pid_t parent) {
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // prepare() handles secrets
  if (!isolate_helper(socket)) return 1;
  SandboxPlan plan;
  plan.mode = duty.sandbox;
  plan.connects = plan.resolves_names = true;
  const auto failed = [](const Status& status) {
    if (!status) send_sentence_waiting(kHelperSocket, 'E', status.error().message);
    return !status;
  };
  if (failed(duty.prepare(plan)) || !limit_helper(duty.user, {}, parent)) return 1;
  if (duty.parse && failed(duty.parse(plan))) return 1;
#ifndef SYNFIN_INSTRUMENTED
  if (duty.sandbox != SandboxMode::Off && !is_translated()) {
    load_user_look_up();
    permit_new_look_up_files(plan);
    (void)confine_files(plan);  // if the kernel lacks Landlock, only the user's rights limit it
    (void)confine_helper(HelperSyscalls::Sending);
  }
#endif
  duty.run(kHelperSocket);
  return 0;
}

}  // namespace

Result<std::unique_ptr<SenderProcess>> SenderProcess::start(SenderDuty duty) {
  int ends[2] = {-1, -1};
  const auto failed = [&] {
    return Error{fmt::format("cannot start {}: {}", duty.name, errno_text())};
  };
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return failed();
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    int code = 1;
    try {
      code = serve(duty, ends[1], parent);
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
  return std::unique_ptr<SenderProcess>(new SenderProcess(ends[0], child));
}

SenderProcess::~SenderProcess() {
  close(channel_);
  while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) continue;
}

void SenderProcess::close_for_sending() { shutdown(channel_, SHUT_WR); }

SendResult send_sentence(int channel, char kind, std::string_view text) {
  return send_with(MSG_DONTWAIT, channel, kind, text);
}

SendResult send_sentence_waiting(int channel, char kind, std::string_view text) {
  return send_with(0, channel, kind, text);
}

void SentenceLog::send(char kind, std::string_view text) {
  if (lost_ != 0 && send_sentence(channel_, warning_, lost_text()) == SendResult::Sent) lost_ = 0;
  if (lost_ != 0 || send_sentence(channel_, kind, text) == SendResult::Full) ++lost_;
}

void SentenceLog::finish() {
  if (lost_ != 0) send_sentence_waiting(channel_, warning_, lost_text());
  lost_ = 0;
}

std::string SentenceLog::lost_text() const {
  return fmt::format("{} {} of {} {} lost, because the channel was full", lost_,
                     lost_ == 1 ? "message" : "messages", process_, lost_ == 1 ? "is" : "are");
}

std::optional<ReceivedSentence> receive_sentence(int channel, bool wait, bool& ended) {
  std::array<char, kMaxSentence> buffer;
  iovec part{buffer.data(), buffer.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  ssize_t size = -1;
  do {
    size = recvmsg(channel, &header, wait ? 0 : MSG_DONTWAIT);
  } while (size < 0 && errno == EINTR);
  if (size == 0 || (size < 0 && errno != EAGAIN)) ended = true;
  if (size <= 0) return std::nullopt;
  return ReceivedSentence{buffer[0],
                          std::string(buffer.data() + 1, static_cast<std::size_t>(size) - 1)};
}

}  // namespace synfin
