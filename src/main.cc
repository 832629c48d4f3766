// synfin: the life of every TCP connection, from SYN to FIN.
//
// Parses, runs, prints what went wrong, picks the exit code. All else is in the rooms.
#include <fmt/format.h>

#include <clocale>
#include <cstdio>
#include <exception>

#include "app/options.h"
#include "app/run.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/escape.h"

namespace {

void complain(std::string_view sentence) {
  std::string text;
  synfin::append_plain(text, sentence);
  fmt::print(stderr, "synfin: {}\n", text);
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
  } catch (const std::bad_alloc&) {
    complain("not enough memory for --max-connections or --max-hosts");
  } catch (const std::exception& e) {
    complain(e.what());
  }
  return 1;
}
