/// \file
/// Secrets by reference: a file, an environment variable, or a credential of systemd.
/// Tested in tests/unit/cli/secrets_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/cli/named_files.h"

namespace synfin {

/// The content of a file without the line end behind it. A warning is added if all users may read
/// it.
Result<std::string> read_secret_file(const std::string& path, const NamedFiles& files,
                                     std::vector<std::string>& warnings);

/// The same for a credential that systemd passes (systemd.exec(5), LoadCredential=).
Result<std::string> read_credential(const std::string& name, const NamedFiles& files,
                                    std::vector<std::string>& warnings);

/// The certificates in a file: its first MiB. Empty with errno set if it cannot be read.
std::optional<std::string> read_certificates(const std::string& path, const NamedFiles& files);

/// Replaces each "${NAME}" by the value of that environment variable, which must be set.
Result<std::string> expand_variables(std::string_view text);

/// Overwrites the values of the environment variables that `text` refers to, and `kept` does not.
void forget_variables(std::string_view text, std::string_view kept = {});

}  // namespace synfin
