// Plays the part of a run for tests/check/notify.py: starts a notifier and stores changes.
//
//     notify_driver CONFIG STATE FIRST COUNT [each|once]   stores the changes FIRST …
//     FIRST+COUNT-1, in a transaction for each or in one, prints a line after each commit, and
//     finishes.
//
// With "wait" instead of FIRST it stores nothing, and ends when its standard input does.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "synfin/base/wall_clock.h"
#include "synfin/inventory/database.h"
#include "synfin/notify/notifier.h"

using namespace synfin;

namespace {

int fail(const std::string& sentence) {
  fmt::print(stderr, "{}\n", sentence);
  return 1;
}

Change change_number(int number) {
  Change change;
  change.id = fmt::format("{:016x}", number);
  change.time = wall_clock();
  change.kind = ChangeKind::NewPort;
  change.host.ip = Address::from_v4(0xC0000200 + static_cast<std::uint32_t>(number % 250));
  change.host.name = "<b>&\"*host*\r\nBcc: evil@example.net</b>";
  change.host.country = "NL";
  change.port.port = static_cast<std::uint16_t>(1000 + number % 60'000);
  change.port.process = "postgres (user postgres, pid 812)";
  change.port.state = PortState::Open;
  change.port.was = PortState::Closed;
  change.port.witnesses = 2;
  change.evidence = "a SYN-ACK answered the SYN";
  change.alert = true;
  return change;
}

Status store(Database& state, Notifier& notifier, int first, int count, bool each) {
  for (int number = first; number < first + count;) {
    auto transaction = Transaction::begin(state);
    if (!transaction) return transaction.error();
    notifier.on_begin();
    const int end = each ? number + 1 : first + count;
    for (; number < end; ++number) {
      const Change change = change_number(number);
      const Status stored = notifier.on_changes(state, {&change, 1});
      if (!stored) return stored;
    }
    if (const Status committed = transaction->commit(); !committed) return committed;
    notifier.on_commit();
    notifier.poll();
    fmt::print("{}\n", number - 1);
    std::fflush(stdout);
  }
  return Ok{};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return fail("usage: notify_driver CONFIG STATE FIRST COUNT [each|once]");
  auto config = load_config(argv[1]);
  if (!config) return fail(config.error().message);
  auto notifier = Notifier::start(*config, {.state = argv[2], .user = {}});
  if (!notifier) return fail(notifier.error().message);
  auto state = Database::open(argv[2], DatabaseAccess::Write);
  if (!state) return fail(state.error().message);
  fmt::print("process {}\n", (*notifier)->process());
  std::fflush(stdout);
  if (argc > 4) {
    const bool each = argc < 6 || argv[5] == std::string_view("each");
    const Status stored = store(*state, **notifier, std::atoi(argv[3]), std::atoi(argv[4]), each);
    if (!stored) return fail(stored.error().message);
  } else {
    char byte = 0;
    while (read(STDIN_FILENO, &byte, 1) > 0) (*notifier)->poll();
  }
  const Status finished = (*notifier)->finish();
  return finished ? 0 : fail(finished.error().message);
}
