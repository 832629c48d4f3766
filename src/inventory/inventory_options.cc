// See inventory_options.h.
#include "synfin/inventory/inventory_options.h"

#include "inventory/devices.h"

namespace synfin {
namespace {

constexpr std::string_view kGroup = "Inventory";
constexpr std::size_t kMaxHosts = std::size_t{1} << 26;

/// A duration that is longer than nothing.
OptionValue interval(Duration& target) {
  OptionValue value = duration(target);
  value.set = [set = value.set, &target](const std::string& given) {
    return set(given) && target > Duration{0};
  };
  return value;
}

}  // namespace

std::vector<std::string> InventoryOptions::inputs() const {
  std::vector<std::string> paths;
  for (const std::string& path : {expect, watch_file}) {
    if (!path.empty()) paths.push_back(path);
  }
  if (!state.empty()) {
    for (const char* const path : MacVendors::places()) paths.emplace_back(path);
  }
  return paths;
}

std::vector<OptionRow> inventory_rows(InventoryOptions& o) {
  return {
      {kGroup, "--state", "keep hosts, ports and changes in FILE, which `synfin inventory` reads",
       text("FILE", o.state, Completion::File)},
      {kGroup, "--digest-interval",
       "summarize what is open and what changed every TIME (default: 4h)",
       interval(o.digest_interval)},
      {kGroup, "--learn",
       "changes are alerts only after TIME from the first run on (default: until the first digest)",
       optional_duration(o.learn)},
      {kGroup, "--expect",
       "the hosts and ports that FILE lists are meant to be open: no alert if they appear, one if "
       "they disappear",
       text("FILE", o.expect, Completion::File)},
      {kGroup, "--watch-file", "keep only the hosts and ports that FILE lists (default: all)",
       text("FILE", o.watch_file, Completion::File)},
      {kGroup, "--gone-after",
       "an open port is gone after TIME without a completed handshake (default: 7d)",
       interval(o.gone_after)},
      {kGroup, "--first-contact",
       "also report when a local client reaches a service for the first time",
       flag(o.first_contact)},
      {kGroup, "--max-inventory", "hosts that the inventory holds (default: 200000)",
       number("N", o.max_hosts, 1, kMaxHosts, "hosts")},
  };
}

std::vector<std::string> options_without_state(const InventoryOptions& o, bool viewed) {
  if (!o.state.empty()) return {};
  const InventoryOptions defaults;
  std::vector<std::string> sentences;
  if (o.digest_interval != defaults.digest_interval)
    sentences.emplace_back("--digest-interval has no effect without --state");
  if (o.learn) sentences.emplace_back("--learn has no effect without --state");
  if (o.first_contact) sentences.emplace_back("--first-contact has no effect without --state");
  if (!o.expect.empty()) sentences.emplace_back("--expect has no effect without --state");
  if (viewed) return sentences;
  const auto add = [&sentences](std::string_view option) {
    sentences.push_back(std::string(option) + " has no effect without --state or --view inventory");
  };
  if (!o.watch_file.empty()) add("--watch-file");
  if (o.gone_after != defaults.gone_after) add("--gone-after");
  if (o.max_hosts != defaults.max_hosts) add("--max-inventory");
  return sentences;
}

}  // namespace synfin
