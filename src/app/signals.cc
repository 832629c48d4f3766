// See signals.h.
#include "app/signals.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

#include "synfin/capture/packet_source.h"
#include "synfin/view/terminal_guard.h"

namespace synfin {
namespace {

std::atomic<EndRequest*> watched{nullptr};
std::atomic<bool> statistics{false};
std::atomic<unsigned> reopen{0};
struct sigaction old_int, old_term, old_usr1, old_pipe, old_hup;

constexpr int kExitBySignal = 130;

void on_end(int) {
  EndRequest* const end = watched.load();
  if (end == nullptr || end->requested()) {
    restore_terminal();
    _exit(kExitBySignal);
  }
  end->request();
}

void on_statistics(int) { statistics.store(true); }
void on_reopen(int) { reopen.fetch_add(1); }

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
  watched = &end;
  install(SIGINT, on_end, old_int);
  install(SIGTERM, on_end, old_term);
  install(SIGUSR1, on_statistics, old_usr1);
  install(SIGHUP, on_reopen, old_hup);
  install(SIGPIPE, SIG_IGN, old_pipe);
}

SignalWatch::~SignalWatch() {
  sigaction(SIGINT, &old_int, nullptr);
  sigaction(SIGTERM, &old_term, nullptr);
  sigaction(SIGUSR1, &old_usr1, nullptr);
  sigaction(SIGHUP, &old_hup, nullptr);
  sigaction(SIGPIPE, &old_pipe, nullptr);
  watched = nullptr;
}

unsigned reopen_requests() { return reopen.load(std::memory_order_relaxed); }

bool SignalWatch::take_statistics_request() { return statistics.exchange(false); }

}  // namespace synfin
