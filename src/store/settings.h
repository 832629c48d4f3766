/// \file
/// The section [clickhouse] of the configuration file: the user of the store and its password.
/// Tested in tests/unit/store/settings_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/url.h"
#include "synfin/base/result.h"
#include "synfin/cli/config_file.h"
#include "synfin/cli/named_files.h"

namespace synfin {

struct StoreCredentials {
  std::string user;
  std::string password;     ///< secret
  std::string ca_file;      ///< certificates in place of the system's
  std::string ca;           ///< the content of that file, read with the rights of the start
  bool plain_http = false;  ///< the password may travel without TLS
  std::vector<std::string> warnings;
};

/// Parses the lines of the section, and reads the files and variables that hold the password. No
/// message contains a value of the file.
Result<StoreCredentials> parse_store_settings(const ConfigFile& config,
                                              const NamedFiles& files = {});

/// The same, in a process without rights. The files are opened with those of this process. If `url`
/// is given, check_password_is_safe() must succeed. REQUIRES: no other thread runs.
Result<StoreCredentials> read_store_settings(const ConfigFile& config, const StoreUrl* url);

/// Fails if a password would be sent without TLS to another host.
Status check_password_is_safe(const StoreUrl& url, const StoreCredentials& credentials);

/// The settings as lines of a configuration file, with the password as "***".
std::string masked_text(const StoreCredentials& credentials);

}  // namespace synfin
