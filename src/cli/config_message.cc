// all users read, lines of [notify…], lines of [clickhouse], number of entries, entries
//
// See config_message.h.
#include "cli/config_message.h"

#include <string>
#include <utility>

#include "synfin/base/secret_message.h"

namespace synfin {
namespace {

SecretText secret(std::string_view text) {
  SecretText copy(text);
  copy.exclude_from_core_dumps();
  return copy;
}

ConfigFile unpack_file(SecretReader& from) {
  ConfigFile file;
  file.all_users_read = from.truth();
  file.notify = secret(from.text());
  file.store = secret(from.text());
  for (std::uint64_t left = from.number(kMaxPacked); left != 0 && from.is_valid(); --left) {
    ConfigEntry entry;
    entry.section = from.text();
    entry.key = from.text();
    entry.value = from.text();
    entry.line = from.number(kMaxPacked);
    file.entries.push_back(std::move(entry));
  }
  return file;
}

}  // namespace

SecretText pack_config(const ConfigFile& file) {
  SecretWriter to;
  to.number(file.all_users_read ? 1 : 0);
  to.text(file.notify.view());
  to.text(file.store.view());
  to.number(file.entries.size());
  for (const ConfigEntry& entry : file.entries) {
    for (const std::string_view text : {std::string_view(entry.section),
                                        std::string_view(entry.key), std::string_view(entry.value)})
      to.text(text);
    to.number(entry.line);
  }
  return to.take();
}

Result<ConfigFile> unpack_config(std::string_view bytes) {
  SecretReader from(bytes);
  ConfigFile file = unpack_file(from);
  if (!from.is_valid() || !from.at_end())
    return Error{"the process that reads the configuration file sent an invalid message"};
  return Result<ConfigFile>(std::move(file));
}

}  // namespace synfin
