// Numbers have 8 bytes, in the order of this machine. A text is its length and its bytes.
//
//     0: kind, message            an error
//     1: all users read, lines of [notify…], lines of [clickhouse], entries
//
// See config_message.h.
#include "cli/config_message.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

namespace synfin {
namespace {

class Packer {
 public:
  void number(std::uint64_t value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    append({bytes, sizeof bytes});
  }
  void text(std::string_view value) {
    number(value.size());
    append(value);
  }
  SecretText take() { return std::move(packed_); }

 private:
  void append(std::string_view bytes) {
    packed_.bytes().insert(packed_.bytes().end(), bytes.begin(), bytes.end());
  }

  SecretText packed_;
};

/// The first value that is not there makes the message invalid. All later ones are zero or empty.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t number(std::uint64_t max) {
    std::uint64_t value = 0;
    if (bytes_.size() < sizeof value) return fail();
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return value <= max ? value : fail();
  }
  std::string_view text() {
    const std::uint64_t size = number(kMaxPacked);
    if (size > bytes_.size()) fail();
    const std::string_view value = bytes_.substr(0, size);
    bytes_.remove_prefix(value.size());
    return value;
  }
  bool at_end() const { return bytes_.empty(); }
  bool is_valid() const { return is_valid_; }

 private:
  std::uint64_t fail() {
    bytes_ = {};
    is_valid_ = false;
    return 0;
  }

  std::string_view bytes_;
  bool is_valid_ = true;
};

SecretText secret(std::string_view text) {
  SecretText copy(text);
  copy.exclude_from_core_dumps();
  return copy;
}

Error unpack_error(Unpacker& from) {
  const bool usage = from.number(1) == 1;
  return {std::string(from.text()), usage ? ErrorKind::Usage : ErrorKind::Work};
}

ConfigFile unpack_file(Unpacker& from) {
  ConfigFile file;
  file.all_users_read = from.number(1) == 1;
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

SecretText pack_config(const Result<ConfigFile>& file) {
  Packer to;
  to.number(file.ok() ? 1 : 0);
  if (!file) {
    to.number(file.error().kind == ErrorKind::Usage ? 1 : 0);
    to.text(file.error().message);
    return to.take();
  }
  to.number(file->all_users_read ? 1 : 0);
  to.text(file->notify.view());
  to.text(file->store.view());
  to.number(file->entries.size());
  for (const ConfigEntry& entry : file->entries) {
    for (const std::string_view text : {std::string_view(entry.section),
                                        std::string_view(entry.key), std::string_view(entry.value)})
      to.text(text);
    to.number(entry.line);
  }
  return to.take();
}

Result<ConfigFile> unpack_config(std::string_view bytes) {
  Unpacker from(bytes);
  const bool ok = from.number(1) == 1;
  ConfigFile file;
  Error error;
  if (ok) {
    file = unpack_file(from);
  } else {
    error = unpack_error(from);
  }
  if (!from.is_valid() || !from.at_end())
    return Error{"the process that reads the configuration file sent an invalid message"};
  if (!ok) return error;
  return Result<ConfigFile>(std::move(file));
}

}  // namespace synfin
