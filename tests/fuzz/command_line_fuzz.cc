/// \file
/// Parses arbitrary text as a command line, one argument for each line. An error must be a wrong
/// usage with a reason, and what is accepted must be accepted again.
#include <fcntl.h>

#include <vector>

#include "app/options.h"
#include "support/fuzz_input.h"

using namespace synfin;
using fuzz::require;

namespace {

constexpr std::size_t kMaxArguments = 64;

/// -F names a file to read. Only standard input, which is empty here, is always at hand.
bool detach_input() {
  const int empty = open("/dev/null", O_RDONLY);
  return dup2(empty, 0) == 0 && close(empty) == 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool detached = detach_input();
  require(detached, "standard input can be replaced");
  if (size > 1 << 12) return 0;
  std::string text(fuzz::text_of({data, size}));
  std::vector<const char*> arguments{"synfin"};
  for (std::size_t at = 0; at < text.size() && arguments.size() < kMaxArguments;) {
    arguments.push_back(text.data() + at);
    at = std::min(text.find('\n', at), text.size());
    text[at++] = '\0';
  }
  const auto parsed = parse_command_line(static_cast<int>(arguments.size()), arguments.data());
  if (!parsed) {
    require(parsed.error().kind == ErrorKind::Usage, "a wrong command line is a wrong usage");
    require(!parsed.error().message.empty(), "an error has a reason");
    return 0;
  }
  const Options& o = parsed->options;
  require(o.threads == 1 || o.threads == 2, "the number of threads is within its limits");
  require(o.table.max_connections >= 16 && o.max_hosts >= 16, "tables have their least size");
  require(!o.after || !o.before || *o.after < *o.before, "some packet can pass");
  require(parse_command_line(static_cast<int>(arguments.size()), arguments.data()).ok(),
          "what is accepted is accepted again");
  return 0;
}
