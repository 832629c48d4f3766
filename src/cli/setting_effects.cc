// See setting_effects.h.
#include "synfin/cli/setting_effects.h"

#include "synfin/sandbox/privileges.h"

namespace synfin {
namespace {

/// Why the option has no effect; empty if it has one.
std::string reason_of(const std::string& name, bool of_live, RunKind run) {
  const bool waits_for_packets = name == "--idle-timeout" || name == "--half-closed-timeout";
  if (waits_for_packets && run.control_only)
    return " with control packets only, because their silence proves nothing; see --packets";
  if (!of_live || run.live || name == "--user" || name == "--list-interfaces") return {};
  return " with -r, because nothing is captured";
}

}  // namespace

std::vector<std::string> settings_without_effect(const std::vector<OptionSetting>& settings,
                                                 std::string_view live_group, RunKind run) {
  std::vector<std::string> sentences;
  for (const OptionSetting& setting : settings) {
    if (setting.from_file) continue;
    const std::string name(setting.row->name());
    if (name == "--user" && !running_as_root())
      sentences.emplace_back("-Z has no effect: only root can become another user");
    const std::string reason = reason_of(name, setting.row->group == live_group, run);
    if (!reason.empty()) sentences.push_back(name + " has no effect" + reason);
  }
  return sentences;
}

}  // namespace synfin
