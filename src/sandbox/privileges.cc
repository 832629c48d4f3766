// See privileges.h.
#include "synfin/sandbox/privileges.h"

#include <cap-ng.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

#include "synfin/base/errno_text.h"

namespace synfin {
namespace {

std::optional<TargetUser> find_user(const std::string& name) {
  std::array<char, 4096> buffer;
  passwd entry{};
  passwd* found = nullptr;
  if (getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return std::nullopt;
  }
  return TargetUser{name, entry.pw_uid, entry.pw_gid, true};
}

/// Selects those of `kept` that this process has, for the next drop_to_selected().
void select_capabilities(const std::vector<KeptCapability>& kept) {
  capng_get_caps_process();
  std::vector<unsigned> permitted;
  for (const KeptCapability& capability : kept) {
    const auto number = static_cast<unsigned>(capability.number);
    if (capng_have_capability(CAPNG_PERMITTED, number) != 0) permitted.push_back(number);
  }
  capng_clear(CAPNG_SELECT_BOTH);
  constexpr auto kSets =
      static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET);
  for (const unsigned number : permitted) capng_update(CAPNG_ADD, kSets, number);
}

Status become(const TargetUser& user) {
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || initgroups(user.name.c_str(), user.gid) != 0 ||
      setresgid(user.gid, user.gid, user.gid) != 0 ||
      setresuid(user.uid, user.uid, user.uid) != 0) {
    const std::string reason = errno_text();
    return Error{
        fmt::format("cannot become user {}: {}; this container or user namespace may hold "
                    "root only: -Z root continues as root",
                    user.name, reason)};
  }
  return Ok{};
}

}  // namespace

bool running_as_root() { return geteuid() == 0; }

bool has_more_rights() {
  // AT_SECURE is not set for ambient capabilities, such as those that systemd gives to a service.
  return geteuid() == 0 || geteuid() != getuid() || getauxval(AT_SECURE) != 0 ||
         has_any_capability();
}

Result<TargetUser> choose_user(const std::string& requested) {
  if (!requested.empty()) {
    if (auto user = find_user(requested)) return *user;
    return Error{fmt::format("no user {} exists (-Z)", requested), ErrorKind::Usage};
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no thread changes the environment
  const char* sudo = std::getenv("SUDO_USER");
  for (const std::string name : {sudo != nullptr ? sudo : "", "synfin"}) {
    if (name.empty() || name == "root") continue;
    if (auto user = find_user(name)) return *user;
  }
  auto nobody = find_user("nobody");
  if (!nobody) return Error{"neither user synfin nor nobody exists; name a user with -Z"};
  nobody->owns_files = false;
  return *nobody;
}

TargetUser user_of(uid_t uid, gid_t gid) {
  std::array<char, 4096> buffer;
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return {{}, uid, gid, true};
  return {entry.pw_name, uid, entry.pw_gid, true};
}

bool has_any_capability() {
  capng_get_caps_process();
  return capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE;
}

bool has_capability(int number) {
  capng_get_caps_process();
  return capng_have_capability(CAPNG_PERMITTED, static_cast<unsigned>(number)) != 0;
}

Status become_user(const TargetUser& user) {
  // The bounding set can be narrowed only before the user changes.
  select_capabilities({});
  (void)capng_apply(CAPNG_SELECT_BOUNDS);
  return become(user);
}

Status keep_capabilities(const std::vector<KeptCapability>& kept) {
  select_capabilities(kept);
  // A capability outside the bounding set cannot be regained, not even by executing a file. A
  // container may forbid this; the next steps are enough then.
  if (has_capability(CAP_SETPCAP)) {
    select_capabilities(kept);
    (void)capng_apply(CAPNG_SELECT_BOUNDS);
  }
  select_capabilities(kept);
  if (capng_apply(CAPNG_SELECT_CAPS) != 0)
    return Error{fmt::format("cannot drop capabilities: {}", errno_text())};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return Error{fmt::format("cannot set no_new_privs: {}", errno_text())};
  return Ok{};
}

Result<std::vector<std::string>> drop_privileges(const std::string& requested_user) {
  std::vector<std::string> sentences;
  if (running_as_root()) {
    const auto user = choose_user(requested_user);
    if (!user) return user.error();
    if (user->uid == 0) return std::vector<std::string>{"staying root because of -Z root"};
    // The bounding set can be narrowed only before the user changes.
    select_capabilities({});
    if (capng_apply(CAPNG_SELECT_BOUNDS) != 0)
      sentences.emplace_back("the capability bounding set could not be narrowed");
    if (const Status became = become(*user); !became) return became.error();
    sentences.push_back(fmt::format("running as {}", user->name));
  }
  if (const Status dropped = keep_capabilities({}); !dropped) return dropped.error();
  return sentences;
}

bool can_create_again(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code unknown;
  if (fs::is_other(fs::status(path, unknown))) return true;
  const fs::path folder = fs::path(path).parent_path();
  return access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) == 0;
}

}  // namespace synfin
