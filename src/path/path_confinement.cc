// See path_confinement.h.
#include "path/path_confinement.h"

#include <utility>

#include "synfin/base/diagnostics.h"
#include "synfin/sandbox/privileges.h"

namespace synfin {
namespace {

std::vector<std::string> inputs_of(const PathQuery& query) {
  std::vector<std::string> paths;
  for (const std::string& path : query.captures) {
    if (path != "-") paths.push_back(path);
  }
  return paths;
}

std::vector<std::string> outputs_of(const PathQuery& query) {
  return query.output == "-" ? std::vector<std::string>{} : std::vector{query.output};
}

Result<std::unique_ptr<Helpers>> start_helpers(const PathQuery& query) {
  const bool root = running_as_root();
  HelperPlan plan;
  FileHelperRules rules;
  if (root) {
    const auto user = choose_user(query.user);
    if (!user) return user.error();
    if (user->uid == 0) return std::unique_ptr<Helpers>();
    plan.user = *user;
    if (user->owns_files) rules.owner = FileHelperRules::Owner{user->uid, user->gid};
  } else if (!has_any_capability()) {
    return std::unique_ptr<Helpers>();
  }
  rules.inputs = inputs_of(query);
  rules.output_places = outputs_of(query);
  for (const std::string& path : rules.output_places)
    rules.outputs.push_back(OutputName::exact(path));
  plan.files = std::move(rules);
  return Helpers::start(std::move(plan));
}

}  // namespace

Result<std::unique_ptr<Helpers>> confine_path_command(const PathQuery& query) {
  auto helpers = start_helpers(query);
  if (!helpers) return helpers.error();
  const auto dropped = drop_privileges(query.user);
  if (!dropped) return dropped.error();
  SandboxPlan plan;
  plan.mode = query.sandbox;
  plan.readable = inputs_of(query);
  plan.writable = outputs_of(query);
  const auto confined = enter_sandbox(std::move(plan));
  if (!confined) return confined.error();
  if (!confined->missing.empty()) log(LogLevel::Warning, confined->missing);
  return helpers;
}

}  // namespace synfin
