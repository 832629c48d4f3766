// See signals.h.
#include "synfin/view/signals.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>

#include "synfin/base/input_source.h"
#include "synfin/view/terminal_guard.h"

namespace synfin {
namespace {

std::atomic<EndRequest*> watched{nullptr};
std::atomic<bool> statistics{false};
std::atomic<unsigned> reopen{0};
std::atomic<bool> outlives_terminal{false};
struct sigaction old_int, old_term, old_usr1, old_pipe, old_hup;

constexpr int kExitBySignal = 130;

/// timeout(1) and terminals signal a process and then its group. A signal that arrives so soon
/// after the first one counts as the same request.
constexpr std::int64_t kSameRequestMs = 1000;
std::atomic<std::int64_t> requested_at{0};

/// Monotonic; clock_gettime() may be called by a signal handler.
std::int64_t now_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

void on_end(int) {
  EndRequest* const end = watched.load();
  const std::int64_t now = now_ms();
  std::int64_t none = 0;
  if (requested_at.compare_exchange_strong(none, now)) {
    if (end != nullptr) end->request();
    return;
  }
  if (now - requested_at.load() < kSameRequestMs) return;
  restore_terminal();
  _exit(kExitBySignal);
}

void on_statistics(int) { statistics.store(true); }
/// The user of a terminal that was closed cannot end the run later, unless nohup(1) asks for that.
void on_reopen(int) {
  EndRequest* const end = watched.load();
  if (end != nullptr && !outlives_terminal && is_terminal_closed()) return end->request();
  reopen.fetch_add(1);
}

void install(int signal, void (*handler)(int), struct sigaction& old) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, &old);
}

}  // namespace

void EndRequest::request() noexcept {
  requested_.store(true);
  source_.interrupt();
}

SignalWatch::SignalWatch(EndRequest& end) {
  statistics = false;
  requested_at = 0;
  watched = &end;
  install(SIGINT, on_end, old_int);
  install(SIGTERM, on_end, old_term);
  install(SIGUSR1, on_statistics, old_usr1);
  install(SIGHUP, on_reopen, old_hup);
  install(SIGPIPE, SIG_IGN, old_pipe);
}

SignalWatch::~SignalWatch() {
  // After an end request, a second signal of the same kind must not kill the process while it
  // exits.
  if (requested_at == 0) {
    sigaction(SIGINT, &old_int, nullptr);
    sigaction(SIGTERM, &old_term, nullptr);
  }
  sigaction(SIGUSR1, &old_usr1, nullptr);
  sigaction(SIGHUP, &old_hup, nullptr);
  sigaction(SIGPIPE, &old_pipe, nullptr);
  watched = nullptr;
}

void accept_reopen_requests() {
  struct sigaction before {};
  install(SIGHUP, on_reopen, before);
  outlives_terminal = before.sa_handler == SIG_IGN;
}

unsigned reopen_requests() { return reopen.load(std::memory_order_relaxed); }

bool SignalWatch::take_statistics_request() { return statistics.exchange(false); }

}  // namespace synfin
