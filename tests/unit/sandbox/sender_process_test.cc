// The process that sends: what it may read before and after it is confined, and how it ends.
#include "synfin/sandbox/sender_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace synfin {
namespace {

Status prepare_nothing(SandboxPlan&) { return Ok{}; }

std::string sentence_of(const SenderProcess& process) {
  bool ended = false;
  const auto received = receive_sentence(process.channel(), true, ended);
  return received ? received->kind + received->text : ended ? "ended" : "nothing";
}

TEST(SenderProcess, AnswersUntilItsChannelIsClosed) {
  auto process =
      SenderProcess::start({.user = {}, .prepare = prepare_nothing, .run = [](int channel) {
                              bool ended = false;
                              while (const auto got = receive_sentence(channel, true, ended))
                                send_sentence_waiting(channel, 'A', got->text);
                              send_sentence_waiting(channel, 'B', "last words");
                            }});
  ASSERT_TRUE(process);
  EXPECT_EQ(send_sentence((*process)->channel(), 'w', "hello"), SendResult::Sent);
  EXPECT_EQ(sentence_of(**process), "Ahello");
  (*process)->close_for_sending();
  EXPECT_EQ(sentence_of(**process), "Blast words");
  EXPECT_EQ(sentence_of(**process), "ended");
}

TEST(SenderProcess, ReportsWhyItCannotStart) {
  auto process = SenderProcess::start(
      {.user = {},
       .prepare = [](SandboxPlan&) -> Status { return Error{"a.conf:3: wrong"}; },
       .run = [](int) {}});
  ASSERT_TRUE(process);
  EXPECT_EQ(sentence_of(**process), "Ea.conf:3: wrong");
  EXPECT_EQ(sentence_of(**process), "ended");
}

TEST(SenderProcess, HoldsNoOtherDescriptorAndNoCapability) {
  const int low = open("/dev/null", O_RDONLY);
  const int open_here = fcntl(low, F_DUPFD, 100);  // the channel has a low number
  close(low);
  auto process = SenderProcess::start(
      {.user = {}, .prepare = prepare_nothing, .run = [open_here](int channel) {
         const bool closed = fcntl(open_here, F_GETFD) < 0 && errno == EBADF;
         send_sentence_waiting(channel, 'A', closed && !has_any_capability() ? "confined" : "open");
       }});
  close(open_here);
  ASSERT_TRUE(process);
  EXPECT_EQ(sentence_of(**process), "Aconfined");
}

constexpr int kAsExpected = 0, kOtherwise = 1, kNoNamespace = 2, kNotConfined = 3;

void write_public_file(const std::string& path, const std::string& text) {
  const mode_t mask = umask(0022);
  std::ofstream(path) << text;
  umask(mask);
}

/// Answers each path with "Aopen" or "Adenied".
void open_what_is_asked(int channel) {
  bool ended = false;
  while (const auto got = receive_sentence(channel, true, ended)) {
    const int file = open(got->text.c_str(), O_RDONLY | O_CLOEXEC);
    send_sentence_waiting(channel, 'A', file >= 0 ? "open" : "denied");
    close(file);
  }
}

/// In a child with a /etc and /run of its own: starts a process that sends, replaces resolv.conf
/// and what it names, and has the process open them. Never returns.
[[noreturn]] void replace_look_up_files() {
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("none", "/etc", "tmpfs", 0, "mode=755") != 0 ||
      mount("none", "/run", "tmpfs", 0, "mode=755") != 0)
    _exit(kNoNamespace);
  mkdir("/run/dhcp", 0755);
  mkdir("/run/other", 0755);
  write_public_file("/run/dhcp/resolv.conf", "nameserver 192.0.2.1\n");
  write_public_file("/run/other/file", "text");
  if (symlink("../run/dhcp/resolv.conf", "/etc/resolv.conf") != 0) _exit(kOtherwise);
  write_public_file("/etc/hosts", "192.0.2.1 a\n");
  auto process = SenderProcess::start({.user = TargetUser{"nobody", 65534, 65534},
                                       .prepare = prepare_nothing,
                                       .run = open_what_is_asked});
  if (!process) _exit(kOtherwise);
  const auto opens = [&](const char* path) {
    return send_sentence((*process)->channel(), 'w', path) == SendResult::Sent
               ? sentence_of(**process)
               : "";
  };
  if (opens("/run/other/file") == "Aopen") _exit(kNotConfined);
  if (opens("/etc/resolv.conf") != "Aopen") _exit(kOtherwise);
  write_public_file("/etc/new", "192.0.2.2 a\n");
  write_public_file("/run/dhcp/new", "nameserver 192.0.2.2\n");
  bool good = std::rename("/etc/new", "/etc/hosts") == 0 &&
              std::rename("/run/dhcp/new", "/run/dhcp/resolv.conf") == 0;
  good = good && opens("/etc/hosts") == "Aopen" && opens("/etc/resolv.conf") == "Aopen";
  process->reset();
  _exit(good ? kAsExpected : kOtherwise);
}

TEST(SenderProcess, ReadsTheFilesOfNameLookUpsThatReplaceTheFirstOnes) {
  const pid_t child = fork();
  if (child == 0) replace_look_up_files();
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNoNamespace) GTEST_SKIP() << "no mount namespace can be made here";
  if (WEXITSTATUS(status) == kNotConfined)
    GTEST_SKIP() << "this build or kernel has no sandbox (sanitizers, for example)";
  EXPECT_EQ(WEXITSTATUS(status), kAsExpected);
}

TEST(SenderProcess, LongSentencesAreCut) {
  auto process =
      SenderProcess::start({.user = {}, .prepare = prepare_nothing, .run = [](int channel) {
                              send_sentence_waiting(channel, 'A', std::string(10'000, 'x'));
                            }});
  ASSERT_TRUE(process);
  EXPECT_EQ(sentence_of(**process).size(), 4096U);
}

/// Two ends of a channel.
struct DataChannel {
  DataChannel() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0); }
  ~DataChannel() {
    for (const int end : ends) close(end);
  }
  /// Sends until nothing fits. Returns how many messages fitted.
  int fill() const {
    int sent = 0;
    while (send_sentence(ends[0], 'F', "x") == SendResult::Sent) ++sent;
    return sent;
  }
  /// All sentences that wait.
  std::vector<std::string> received() const {
    std::vector<std::string> all;
    bool ended = false;
    while (const auto got = receive_sentence(ends[1], false, ended))
      all.push_back(got->kind + got->text);
    return all;
  }
  int ends[2] = {-1, -1};
};

TEST(SendSentence, ReportsAFullChannelAndItsEnd) {
  DataChannel channel;
  EXPECT_GT(channel.fill(), 0);
  EXPECT_EQ(send_sentence(channel.ends[0], 'A', "lost"), SendResult::Full);
  close(std::exchange(channel.ends[1], -1));
  EXPECT_EQ(send_sentence(channel.ends[0], 'A', "lost"), SendResult::Ended);
}

TEST(SentenceLog, ReportsHowManySentencesAreLost) {
  const DataChannel channel;
  SentenceLog log(channel.ends[0], 'W', "the process");
  log.send('I', "first");
  const int fitted = channel.fill();
  log.send('I', "second");
  log.send('I', "third");
  auto all = channel.received();
  ASSERT_EQ(all.size(), static_cast<std::size_t>(fitted) + 1);
  EXPECT_EQ(all.front(), "Ifirst");
  log.send('I', "fourth");
  all = channel.received();
  EXPECT_EQ(all,
            (std::vector<std::string>{
                "W2 messages of the process are lost, because the channel was full", "Ifourth"}));
}

TEST(SentenceLog, ReportsAtItsEndWhatIsLost) {
  const DataChannel channel;
  SentenceLog log(channel.ends[0], 'W', "the process");
  const int fitted = channel.fill();
  log.send('I', "lost");
  EXPECT_EQ(channel.received().size(), static_cast<std::size_t>(fitted));
  log.finish();
  log.finish();
  EXPECT_EQ(channel.received(),
            (std::vector<std::string>{
                "W1 message of the process is lost, because the channel was full"}));
}

}  // namespace
}  // namespace synfin
