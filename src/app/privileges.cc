// See privileges.h. Capabilities by raw system calls: three of them need no library.
#include "app/privileges.h"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

namespace synfin {
namespace {

constexpr int kMaxCapability = 63;

std::string system_reason() { return std::generic_category().message(errno); }

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

std::uint64_t bits_of(const std::vector<KeptCapability>& kept) {
  std::uint64_t bits = 0;
  for (const KeptCapability& capability : kept) bits |= std::uint64_t{1} << capability.number;
  return bits;
}

struct CapabilitySets {
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
};

CapabilitySets current_sets() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (syscall(SYS_capget, &header, data.data()) != 0) return {};
  return {data[0].effective | std::uint64_t{data[1].effective} << 32,
          data[0].permitted | std::uint64_t{data[1].permitted} << 32};
}

bool set_capabilities(std::uint64_t bits) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  for (unsigned half = 0; half < 2; ++half)
    data[half].effective = data[half].permitted = static_cast<std::uint32_t>(bits >> (32 * half));
  return syscall(SYS_capset, &header, data.data()) == 0;
}

/// What is not in the bounding set cannot be had again by any file's capabilities.
void narrow_bounding_set(std::uint64_t kept) {
  for (int capability = 0; capability <= kMaxCapability; ++capability) {
    if ((kept >> capability & 1) == 0) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
}

Status become(const TargetUser& user) {
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || initgroups(user.name.c_str(), user.gid) != 0 ||
      setresgid(user.gid, user.gid, user.gid) != 0 ||
      setresuid(user.uid, user.uid, user.uid) != 0) {
    return Error{fmt::format("cannot become user {}: {}", user.name, system_reason())};
  }
  return Ok{};
}

void describe_kept(const std::vector<KeptCapability>& kept, std::uint64_t permitted,
                   std::vector<std::string>& words) {
  for (const KeptCapability& capability : kept) {
    if ((permitted >> capability.number & 1) != 0)
      words.push_back(fmt::format("keeping {} {}", capability.name, capability.reason));
  }
}

}  // namespace

bool running_as_root() { return geteuid() == 0; }

Result<TargetUser> choose_user(const std::string& asked) {
  if (!asked.empty()) {
    if (auto user = find_user(asked)) return *user;
    return Error{fmt::format("there is no user {} to become (-Z)", asked), ErrorKind::Usage};
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets it
  const char* sudo = std::getenv("SUDO_USER");
  for (const std::string name : {sudo != nullptr ? sudo : "", "synfin"}) {
    if (name.empty() || name == "root") continue;
    if (auto user = find_user(name)) return *user;
  }
  auto nobody = find_user("nobody");
  if (!nobody)
    return Error{"there is neither a user synfin nor nobody to become; name one with -Z"};
  nobody->owns_files = false;
  return *nobody;
}

std::vector<KeptCapability> capabilities_for(const PrivilegePlan& plan) {
  std::vector<KeptCapability> kept;
  if (plan.reopen_interfaces)
    kept.push_back({CAP_NET_RAW, "CAP_NET_RAW", "to open an interface again that went away"});
  if (plan.see_all_processes)
    kept.push_back({CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "to name other users' processes"});
  if (plan.open_files_later || plan.see_all_processes) {
    kept.push_back({CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH",
                    plan.open_files_later ? "to open the next capture file"
                                          : "to read other users' process files"});
  }
  return kept;
}

Result<std::vector<std::string>> apply_privilege_plan(const PrivilegePlan& plan) {
  std::vector<std::string> words;
  const std::vector<KeptCapability> kept = capabilities_for(plan);
  if (running_as_root()) {
    const auto user = choose_user(plan.user);
    if (!user) return user.error();
    if (user->uid == 0) return std::vector<std::string>{"staying root, as -Z says"};
    narrow_bounding_set(bits_of(kept));
    if (const Status became = become(*user); !became) return became.error();
    words.push_back(fmt::format("running as {}", user->name));
  } else if (!plan.user.empty()) {
    words.push_back(fmt::format("not root, so not becoming {}", plan.user));
  }
  const std::uint64_t permitted = current_sets().permitted & bits_of(kept);
  if (!set_capabilities(permitted))
    return Error{fmt::format("cannot give up capabilities: {}", system_reason())};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return Error{fmt::format("cannot give up gaining privileges: {}", system_reason())};
  describe_kept(kept, permitted, words);
  return words;
}

bool may_create_beside(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) == 0;
}

}  // namespace synfin
