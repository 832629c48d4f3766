// synfin: the life of every TCP connection, from SYN to FIN.
//
// Parses the command line, runs, prints what went wrong and chooses the exit code.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string_view>
#include <utility>

#include "app/options.h"
#include "app/run.h"
#include "app/subcommands.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/escape.h"
#include "synfin/base/exception_text.h"
#include "synfin/base/print_text.h"
#include "synfin/base/standard_output.h"
#include "synfin/store/query_commands.h"
#include "synfin/store/store.h"
#include "synfin/view/terminal_guard.h"

namespace {

void complain(std::string_view sentence) {
  std::string text;
  synfin::append_plain(text, synfin::mask_userinfo(sentence));
  synfin::print_to_stderr(fmt::format("synfin: {}\n", text));
  synfin::log_to_file(synfin::LogLevel::Error, sentence);
}

/// Ends a process in which an exception cannot be handled: before main(), or if reporting one
/// exception throws another. Allocates nothing.
[[noreturn]] void end_at_once() {
  constexpr std::string_view kSentence =
      "synfin: not enough memory, or an exception that nothing handles; outputs are incomplete\n";
  synfin::restore_terminal();
  (void)!write(STDERR_FILENO, kSentence.data(), kSentence.size());
  _exit(1);
}

/// Exists before all other static objects, because the constructors of some of them allocate.
const struct TerminateHandler {
  TerminateHandler() noexcept { std::set_terminate(end_at_once); }
} terminate_handler __attribute__((init_priority(101)));

/// Threads get stacks of this limit, too. Less than this is not enough for their work.
bool has_stack() {
  constexpr rlim_t kMinStack = 96 * 1024;
  rlimit limit{};
  return getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= kMinStack;
}

int fail(const synfin::Error& error) {
  complain(error.message);
  return error.kind == synfin::ErrorKind::Usage ? 2 : 1;
}

int run(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "");  // NOLINT(concurrency-mt-unsafe): before any thread
  if (const auto done = synfin::run_subcommand(argc, argv))
    return *done ? **done : fail(done->error());
  const auto asked = synfin::connections_words(argc, argv);
  if (!asked) return fail(asked.error());
  auto import = synfin::store_import_words(argc, argv);
  const bool imports = !import.empty();
  for (const std::string& word : *asked) import.push_back(word.c_str());
  auto parsed = import.empty() ? synfin::parse_command_line(argc, argv, synfin::load_config)
                               : synfin::parse_command_line(static_cast<int>(import.size()),
                                                            import.data(), synfin::load_config);
  if (!parsed) return fail(parsed.error());
  if (imports) {
    if (const auto wrong = synfin::check_store_import(parsed->options.store); !wrong.empty())
      return fail({wrong, synfin::ErrorKind::Usage});
  }
  if (!parsed->print.empty()) {
    const auto printed = synfin::print_text(parsed->print);
    return printed ? *printed : fail(printed.error());
  }
  std::signal(SIGUSR1, SIG_IGN);  // until the run watches it
  const synfin::RunResult result =
      synfin::run(std::move(parsed->options), std::move(parsed->config));
  for (const std::string& sentence : result.complaints) complain(sentence);
  const int status = std::max(result.exit_code, synfin::end_connections_query());
  const std::string unlogged = synfin::log_file_failure();
  if (unlogged.empty()) return status;
  complain(unlogged);
  return std::max(status, 1);
}

}  // namespace

int main(int argc, char** argv) {
  synfin::occupy_standard_descriptors();
  if (!has_stack()) {
    synfin::print_to_stderr("synfin: the stack is limited to less than 96 KiB; see ulimit -s\n");
    return 1;
  }
  // A file that may not grow and a pipe without a reader are failed writes.
  for (const int signal : {SIGXFSZ, SIGPIPE}) std::signal(signal, SIG_IGN);
  try {
    return run(argc, argv);
  } catch (...) {
    complain(synfin::exception_text(std::current_exception()));
  }
  return 1;
}
