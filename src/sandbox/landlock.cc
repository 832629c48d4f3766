// See landlock.h. The rights and structures are those of the kernel's API, which newer kernels
// extend; older header files lack some of them.
#include "sandbox/landlock.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "synfin/base/descriptor.h"
#include "synfin/base/errno_text.h"
#include "synfin/base/input_file.h"
#include "synfin/base/output_folder.h"

namespace synfin {
namespace {

constexpr long kCreateRuleset = 444, kAddRule = 445, kRestrictSelf = 446;
constexpr std::uint32_t kGetVersion = 1;
constexpr int kRulePath = 1, kRulePort = 2;
constexpr int kReferredSince = 2, kTruncateSince = 3, kPortsSince = 4, kScopesSince = 6;

constexpr std::uint64_t kWriteFile = 1U << 1, kReadFile = 1U << 2, kReadFolder = 1U << 3;
constexpr std::uint64_t kRemoveFile = 1U << 5, kCreateFile = 1U << 8;
constexpr std::uint64_t kAllOfFirst = (1U << 13) - 1;  // the rights of the first version
constexpr std::uint64_t kReferred = 1U << 13, kTruncate = 1U << 14;
constexpr std::uint64_t kBindTcp = 1, kConnectTcp = 2;
/// Signals are not restricted: the kernel then does not end the helpers of a process that is killed
/// (PR_SET_PDEATHSIG). seccomp permits signals to the process itself only.
constexpr std::uint64_t kAbstractSockets = 1;

struct RulesetAttributes {
  std::uint64_t files = 0;
  std::uint64_t ports = 0;
  std::uint64_t scopes = 0;
};
struct [[gnu::packed]] PathRule {
  std::uint64_t rights = 0;
  std::int32_t folder = -1;
};
struct PortRule {
  std::uint64_t rights = 0;
  std::uint64_t port = 0;
};

/// What the C library, libpcap and ncurses read: libraries, names of users, ports and time zones,
/// terminals, and what the kernel says about processes and interfaces. Nothing secret is in them.
constexpr const char* kSystemPaths[] = {"/usr",
                                        "/lib",
                                        "/lib64",
                                        "/proc",
                                        "/sys",
                                        "/dev/urandom",
                                        "/dev/zero",
                                        "/etc/ld.so.cache",
                                        "/etc/nsswitch.conf",
                                        "/etc/passwd",
                                        "/etc/group",
                                        "/etc/services",
                                        "/etc/protocols",
                                        "/etc/ethers",
                                        "/etc/networks",
                                        "/etc/hosts",
                                        "/etc/host.conf",
                                        "/etc/gai.conf",
                                        "/etc/resolv.conf",
                                        "/etc/localtime",
                                        "/etc/timezone",
                                        "/etc/terminfo",
                                        "/run/systemd/resolve",
                                        "/var/lib/sss/mc"};
constexpr const char* kDevices[] = {"/dev/tty", "/dev/null"};

class Ruleset {
 public:
  Ruleset(int version, bool connects) : version_(version) {
    RulesetAttributes all;
    all.files = kAllOfFirst;
    if (version >= kReferredSince) all.files |= kReferred;
    if (version >= kTruncateSince) all.files |= kTruncate;
    handled_ = all.files;
    all.ports = version >= kPortsSince ? kBindTcp | (connects ? 0 : kConnectTcp) : 0;
    all.scopes = version >= kScopesSince ? kAbstractSockets : 0;
    const std::size_t size = version >= kScopesSince ? 24 : version >= kPortsSince ? 16 : 8;
    ruleset_ = static_cast<int>(syscall(kCreateRuleset, &all, size, 0));
  }
  ~Ruleset() {
    if (ruleset_ >= 0) close(ruleset_);
  }
  Ruleset(const Ruleset&) = delete;
  Ruleset& operator=(const Ruleset&) = delete;

  bool made() const { return ruleset_ >= 0; }

  /// A path that does not exist, or that this user cannot reach, needs no rule.
  void permit(const std::string& path, std::uint64_t rights) {
    const Descriptor file(open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat about {};
    if (file.get() < 0 || fstat(file.get(), &about) != 0) return;
    constexpr std::uint64_t kRightsOfAFile = kWriteFile | kReadFile | kTruncate;
    PathRule rule;
    rule.rights = rights & handled_ & (S_ISDIR(about.st_mode) ? ~std::uint64_t{0} : kRightsOfAFile);
    rule.folder = file.get();
    (void)syscall(kAddRule, ruleset_, kRulePath, &rule, 0);
  }

  void permit_connection(std::uint16_t port) {
    if (version_ < kPortsSince) return;
    const PortRule rule{kConnectTcp, port};
    (void)syscall(kAddRule, ruleset_, kRulePort, &rule, 0);
  }

  bool enter() const { return syscall(kRestrictSelf, ruleset_, 0) == 0; }

 private:
  int version_;
  int ruleset_ = -1;
  std::uint64_t handled_ = 0;
};

/// The terminals of the standard descriptors. Other terminals of this user are not the run's.
void permit_own_terminals(Ruleset& rules) {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    std::array<char, 256> name{};
    if (ttyname_r(descriptor, name.data(), name.size()) == 0)
      rules.permit(name.data(), kReadFile | kWriteFile);
  }
}

/// A folder with its entries, and what its symbolic links name if they belong to root or to this
/// user.
void permit_reading(Ruleset& rules, const std::string& path) {
  rules.permit(path, kReadFile | kReadFolder);
  struct stat about {};
  if (!input_status(path, about) || !S_ISDIR(about.st_mode)) return;
  for (const std::string& name : list_folder(path).value_or(std::vector<std::string>{})) {
    const std::string entry = path + "/" + name;
    if (lstat(entry.c_str(), &about) == 0 && S_ISLNK(about.st_mode) &&
        (about.st_uid == 0 || about.st_uid == geteuid())) {
      rules.permit(entry, kReadFile);
    }
  }
}

/// A file, and what is in its folder: a rule for a file holds for this one, not for what replaces
/// it. The same for what the symbolic links name, if it is one.
void permit_replacements(Ruleset& rules, std::filesystem::path file) {
  constexpr int kMaxLinks = 8;
  std::error_code no_link;
  for (int links = 0; links < kMaxLinks && !no_link; ++links) {
    permit_reading(rules, file);
    rules.permit(OutputFolder::name_of(file), kReadFile);
    const auto target = std::filesystem::read_symlink(file, no_link);
    file = (file.parent_path() / target).lexically_normal();
  }
}

/// An output, and its folder, in which files are created. A device is no file that is replaced.
void permit_writing(Ruleset& rules, const std::string& path) {
  struct stat about {};
  const bool device =
      ::stat(path.c_str(), &about) == 0 && (S_ISCHR(about.st_mode) || S_ISBLK(about.st_mode));
  if (!device) {
    rules.permit(OutputFolder::name_of(path), kWriteFile | kCreateFile | kRemoveFile | kTruncate);
  }
  rules.permit(path, kWriteFile | kTruncate);  // also another folder's file
}

}  // namespace

int landlock_version() {
  const long version = syscall(kCreateRuleset, nullptr, 0, kGetVersion);
  return version > 0 ? static_cast<int>(version) : 0;
}

Result<std::string> confine_files(const SandboxPlan& plan) {
  const int version = landlock_version();
  if (version == 0) return Error{"the kernel has no Landlock, so files are not limited"};
  Ruleset rules(version, plan.connects);
  const auto failed = [] {
    return Error{
        fmt::format("Landlock cannot be used, so files are not limited: {}", errno_text())};
  };
  if (!rules.made()) return failed();
  for (const char* path : kSystemPaths) rules.permit(path, kReadFile | kReadFolder);
  for (const char* path : kDevices) rules.permit(path, kReadFile | kWriteFile);
  permit_own_terminals(rules);
  for (const std::string& path : plan.readable) permit_reading(rules, path);
  for (const std::string& path : plan.replaceable) permit_replacements(rules, path);
  for (const std::string& path : plan.writable) permit_writing(rules, path);
  for (const std::string& path : plan.databases) {
    rules.permit(OutputFolder::name_of(path),
                 kReadFile | kReadFolder | kWriteFile | kCreateFile | kRemoveFile | kTruncate);
  }
  if (plan.resolves_names && !plan.connects) {
    for (const std::uint16_t port : plan.dns_ports) rules.permit_connection(port);
  }
  if (!plan.connects) {
    for (const std::uint16_t port : plan.connect_ports) rules.permit_connection(port);
  }
  if (!rules.enter()) return failed();
  return fmt::format("Landlock {} limits files to the inputs, the outputs and system files{}",
                     version,
                     version < kPortsSince ? "; this kernel cannot limit TCP ports"
                     : !plan.connect_ports.empty()
                         ? ", and TCP connections to DNS and the ports of the configured servers"
                     : plan.resolves_names ? ", and TCP connections to DNS"
                                           : ", and permits no TCP connection");
}

}  // namespace synfin
