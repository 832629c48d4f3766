/// \file
/// A configuration file as bytes, from the process without rights that reads and parses it to the
/// process that uses it. Tested in tests/unit/cli/config_message_test.cc.
#pragma once

#include <cstddef>
#include <string_view>

#include "synfin/base/result.h"
#include "synfin/base/secret_text.h"
#include "synfin/cli/config_file.h"

namespace synfin {

/// More than a file of 1 MiB can become: two copies, and 40 bytes beside the text of each entry.
constexpr std::size_t kMaxPacked = std::size_t{64} << 20;

SecretText pack_config(const ConfigFile& file);

/// What pack_config() packed. Fails if the bytes are no result of it.
Result<ConfigFile> unpack_config(std::string_view bytes);

}  // namespace synfin
