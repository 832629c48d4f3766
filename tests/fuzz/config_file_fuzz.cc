/// \file
/// Reads arbitrary text as a configuration file, and its options and its notifications each as one,
/// and as the message of the process that reads a configuration file.
#include <algorithm>

#include "cli/config_message.h"
#include "support/fuzz_input.h"
#include "synfin/cli/config_file.h"

using namespace synfin;
using fuzz::require;

namespace {

bool equal(const ConfigEntry& a, const ConfigEntry& b) {
  return a.section == b.section && a.key == b.key && a.value == b.value && a.line == b.line;
}

void check_message(std::string_view text, const std::vector<ConfigEntry>& entries) {
  ConfigFile file;
  file.notify = SecretText(text);
  file.entries = entries;
  const auto arrived = unpack_config(pack_config(file).view());
  require(arrived.ok() && arrived->notify.view() == text, "a message has all lines");
  require(std::equal(entries.begin(), entries.end(), arrived->entries.begin(),
                     arrived->entries.end(), equal),
          "a message has all entries");
}

void check(std::string_view text) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  const auto entries = parse_config(text, "f");
  if (!entries) {
    require(entries.error().kind == ErrorKind::Usage, "a wrong file is a wrong usage");
    return;
  }
  std::size_t last = 0;
  for (const ConfigEntry& entry : *entries) {
    require(entry.line > last && entry.line <= lines, "entries are in the order of their lines");
    require(entry.key.find('_') == std::string::npos, "keys have one spelling");
    last = entry.line;
  }
  check_message(text, *entries);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 14) return 0;
  const std::string_view text = fuzz::text_of({data, size});
  check(text);
  SecretText secret(text);
  SecretText store;
  const std::string others = split_config(secret, store);
  require(secret.view().size() == size, "a division moves nothing");
  (void)unpack_config(text);
  check(others);
  check(secret.view());
  return 0;
}
