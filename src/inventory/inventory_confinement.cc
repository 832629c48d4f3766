// confine_inventory_command(). Tested in tests/live/sandbox.py (rights_of_an_inventory).
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "synfin/base/diagnostics.h"
#include "synfin/base/errno_text.h"
#include "synfin/inventory/inventory_command.h"
#include "synfin/sandbox/privileges.h"
#include "synfin/sandbox/sandbox.h"

namespace synfin {
namespace {

/// A process without rights creates its output itself.
Result<std::unique_ptr<Helpers>> start_helper(const std::string& output) {
  if (output == "-" || !has_any_capability()) return std::unique_ptr<Helpers>();
  FileHelperRules rules;
  rules.outputs = {OutputName::exact(output)};
  rules.output_places = {output};
  HelperPlan plan;
  plan.files = std::move(rules);
  return Helpers::start(std::move(plan));
}

}  // namespace

Result<std::unique_ptr<Helpers>> confine_inventory_command(const InventoryQuery& query) {
  const std::string& state = query.state;
  auto helper = start_helper(query.output);
  if (!helper) return helper.error();
  struct stat about {};
  const bool others_own_it =
      running_as_root() && stat(state.c_str(), &about) == 0 && about.st_uid != 0;
  if (others_own_it) {
    if (const Status became = become_user(user_of(about.st_uid, about.st_gid)); !became)
      return became.error();
  }
  if (const Status dropped = keep_capabilities({}); !dropped) return dropped.error();
  if (others_own_it && access(state.c_str(), R_OK) != 0) {
    return Error{
        fmt::format("state file {}: {}: root becomes its owner, who must be able to read "
                    "it where it is; move it, or change its owner",
                    state, errno_text())};
  }
  SandboxPlan plan;
  plan.mode = sandbox_mode_of(query.sandbox);
  plan.databases = {state};
  if (query.output != "-") plan.writable = {query.output};
  const auto confined = enter_sandbox(std::move(plan));
  if (!confined) return confined.error();
  if (!confined->missing.empty()) log(LogLevel::Detail, confined->missing);
  return helper;
}

}  // namespace synfin
