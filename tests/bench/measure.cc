/// \file
/// Runs a program and reports its wall time, processor time and peak resident set.
///
///     measure RESULT LIMIT_S COMMAND…
///
/// RESULT gets one line of JSON. This is a small process, because the kernel counts the memory that
/// the parent held at the fork towards the peak of the child, and Python holds more than most of
/// the measured programs.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace {

pid_t child = 0;
volatile sig_atomic_t over_limit = 0;

void stop_child(int) {
  over_limit = 1;
  kill(child, SIGKILL);
}

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

pid_t start(char** command) {
  const pid_t pid = fork();
  if (pid == 0) {
    execvp(command[0], command);
    std::perror(command[0]);
    _exit(127);
  }
  return pid;
}

int exit_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return std::fprintf(stderr, "usage: measure RESULT LIMIT_S COMMAND...\n"), 2;
  const auto begun = std::chrono::steady_clock::now();
  child = start(argv + 3);
  if (child < 0) return std::perror("fork"), 1;
  signal(SIGALRM, stop_child);
  alarm(static_cast<unsigned>(std::atoi(argv[2])));
  int status = 0;
  rusage used{};
  while (wait4(child, &status, 0, &used) < 0) {
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begun;
  std::FILE* const out = std::fopen(argv[1], "w");
  if (out == nullptr) return std::perror(argv[1]), 1;
  std::fprintf(
      out,
      "{\"seconds\": %.6f, \"cpu\": %.6f, \"peak_kib\": %ld, \"exit\": %d, \"over_limit\": %s}\n",
      wall.count(), seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss,
      exit_code(status), over_limit ? "true" : "false");
  return std::fclose(out) == 0 ? 0 : 1;
}
