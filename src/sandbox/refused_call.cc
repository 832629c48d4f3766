// See refused_call.h.
#include "sandbox/refused_call.h"

#include <fmt/format.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

namespace synfin {
namespace {

constexpr int kFromSeccomp = 1;  // SYS_SECCOMP, which older header files lack
constexpr std::size_t kNames = 512;
constexpr std::size_t kMaxName = 32;

/// The handler may not allocate, so it finds the names here.
std::array<std::array<char, kMaxName>, kNames> names;
void (*call_before_end)() = nullptr;
const SharedNumber* store_in = nullptr;

struct Free {
  void operator()(char* text) const { std::free(text); }
};
using Name = std::unique_ptr<char, Free>;

Name name_of(int number) {
  return Name(seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number));
}

/// Text that grows without an allocation.
class Sentence {
 public:
  void add(std::string_view text) {
    size_ += text.copy(text_.data() + size_, text_.size() - size_);
  }
  void add(int number) {
    size_ = static_cast<std::size_t>(
        std::to_chars(text_.data() + size_, text_.data() + text_.size(), number).ptr -
        text_.data());
  }
  void print() const { (void)!write(STDERR_FILENO, text_.data(), size_); }

 private:
  std::array<char, 256> text_{};
  std::size_t size_ = 0;
};

void print_refused(int number) {
  Sentence sentence;
  sentence.add("synfin: the sandbox ended this run, because it used the system call ");
  const bool named = number >= 0 && static_cast<std::size_t>(number) < kNames;
  if (named) sentence.add(names[static_cast<std::size_t>(number)].data());
  sentence.add(" (");
  sentence.add(number);
  sentence.add("); synfin-security(7) explains it\n");
  sentence.print();
}

/// Ends this process by the signal whose handler this is. SA_RESETHAND has restored the default
/// action, but the signal is blocked while the handler runs: a second one that somebody sends must
/// not end the process before the handler has done its work.
[[noreturn]] void end_by(int signal) {
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  (void)pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  std::raise(signal);
  _exit(128 + signal);
}

void on_refused(int signal, siginfo_t* info, void*) {
  if (store_in != nullptr)
    store_in->store(info->si_code == kFromSeccomp ? info->si_syscall : kSentSignal);
  if (store_in == nullptr) {
    if (call_before_end != nullptr) call_before_end();
    if (info->si_code == kFromSeccomp) print_refused(info->si_syscall);
  }
  end_by(signal);
}

/// Stores only what the kernel or this process itself raised: every process of the same user may
/// send any signal.
void on_fault(int signal, siginfo_t* info, void*) {
  const bool own = info->si_code > 0 || (info->si_code == SI_TKILL && info->si_pid == getpid());
  if (own && store_in != nullptr) store_in->store(kOwnFault);
  end_by(signal);
}

void install(int signal, void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_RESETHAND;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

SharedNumber::SharedNumber() {
  void* const page =
      mmap(nullptr, sizeof *cell_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page != MAP_FAILED) cell_ = new (page) std::atomic<int>(-1);
}

SharedNumber::~SharedNumber() {
  if (cell_ != nullptr) munmap(cell_, sizeof *cell_);
}

void SharedNumber::store(int number) const {
  if (cell_ != nullptr) *cell_ = number;
}

int SharedNumber::load() const { return cell_ != nullptr ? cell_->load() : -1; }

std::string system_call_text(int number) {
  const Name name = name_of(number);
  return name ? fmt::format("{} ({})", name.get(), number) : fmt::format("system call {}", number);
}

void report_refused_calls(void (*before_end)()) {
  for (std::size_t i = 0; i < kNames; ++i) {
    const Name name = name_of(static_cast<int>(i));
    if (name) std::strncpy(names[i].data(), name.get(), kMaxName - 1);
  }
  store_in = nullptr;
  call_before_end = before_end;
  install(SIGSYS, on_refused);
}

void store_refused_calls(const SharedNumber& refused) {
  store_in = &refused;
  install(SIGSYS, on_refused);
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGALRM})
    install(signal, on_fault);
}

}  // namespace synfin
