// The options of the store. See synfin/store/store.h.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "store/settings.h"
#include "store/url.h"
#include "synfin/store/store.h"

namespace synfin {
namespace {

constexpr std::string_view kGroup = "Store";

const char* variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): never set here
  return value != nullptr && *value == '/' ? value : nullptr;
}

/// systemd sorts the folders of a service, so that the last one is below the others, if any is.
std::string default_spool() {
  if (const char* const state = variable("STATE_DIRECTORY")) {
    const std::string_view folders = state;
    return std::string(folders.substr(folders.rfind(':') + 1)) + "/spool";  // npos + 1 is 0
  }
  if (geteuid() == 0) return "/var/lib/synfin/spool";
  if (const char* const state = variable("XDG_STATE_HOME"))
    return std::string(state) + "/synfin/spool";
  if (const char* const home = variable("HOME"))
    return std::string(home) + "/.local/state/synfin/spool";
  return "synfin-spool";
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "synfin";
}

}  // namespace

std::string StoreOptions::sensor_name() const { return sensor.empty() ? host_name() : sensor; }

std::string StoreOptions::spool_folder() const { return spool.empty() ? default_spool() : spool; }

std::vector<OptionRow> store_rows(StoreOptions& o) {
  return {
      {kGroup, "--store",
       "store connections, changes and counters in ClickHouse: "
       "clickhouse://HOST[,HOST…][:PORT]/DATABASE, or clickhouses:// with TLS; see synfin-store(7)",
       text("URL", o.url)},
      {kGroup, "--sensor", "the name of this sensor in the store (default: the host's name)",
       text("NAME", o.sensor)},
      {kGroup, "--spool",
       "keep what is not stored yet in FOLDER (default: a folder of synfin's own)",
       text("FOLDER", o.spool, Completion::File)},
      {kGroup, "--spool-size", "the most bytes in the spool: 500M, 4G (default: 1G)",
       byte_size("SIZE", o.spool_bytes)},
  };
}

std::string check_store_options(const StoreOptions& options) {
  if (options.url.empty()) return {};
  const auto url = parse_store_url(options.url);
  if (!url) return "--store: " + url.error().message;
  constexpr std::uint64_t kMin = std::uint64_t{1} << 20;
  if (options.spool_bytes < kMin) return "--spool-size takes at least 1M";
  return {};
}

std::vector<std::string> options_without_store(const StoreOptions& options) {
  std::vector<std::string> sentences;
  if (!options.url.empty()) return sentences;
  if (!options.sensor.empty()) sentences.emplace_back("--sensor has no effect without --store");
  if (!options.spool.empty()) sentences.emplace_back("--spool has no effect without --store");
  if (options.spool_bytes != StoreOptions{}.spool_bytes)
    sentences.emplace_back("--spool-size has no effect without --store");
  return sentences;
}

Result<std::string> masked_store(const ConfigFile& config, std::vector<std::string>& warnings) {
  auto settings = read_store_settings(config, nullptr);
  if (!settings) return settings.error();
  warnings.insert(warnings.end(), settings->warnings.begin(), settings->warnings.end());
  return masked_text(*settings);
}

}  // namespace synfin
