// synfin: the life of every TCP connection, from SYN to FIN.
//
// Parses the command line, runs, prints what went wrong and chooses the exit code.
#include <fmt/format.h>

#include <clocale>
#include <cstdio>
#include <exception>

#include "app/options.h"
#include "app/run.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/escape.h"
#include "synfin/base/exception_text.h"

namespace {

void complain(std::string_view sentence) {
  std::string text;
  synfin::append_plain(text, sentence);
  synfin::print_to_stderr(fmt::format("synfin: {}\n", text));
  synfin::log_to_file(synfin::LogLevel::Error, sentence);
}

int run(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "");  // NOLINT(concurrency-mt-unsafe): before any thread
  const auto parsed = synfin::parse_command_line(argc, argv);
  if (!parsed) {
    complain(parsed.error().message);
    return 2;
  }
  if (!parsed->print.empty()) {
    fmt::print("{}", parsed->print);
    return 0;
  }
  const synfin::RunResult result = synfin::run(parsed->options);
  for (const std::string& sentence : result.complaints) complain(sentence);
  return result.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (...) {
    complain(synfin::exception_text(std::current_exception()));
  }
  return 1;
}
