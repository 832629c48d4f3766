// See cgroup_names.h.
#include "enrich/cgroup_names.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace synfin {
namespace {

constexpr std::size_t kMaxFile = 16 * 1024;
constexpr std::size_t kIdLength = 64;  ///< hexadecimal digits of a container's id
constexpr std::size_t kShownId = 12;   ///< the digits that are shown, as by docker ps

/// "12:pids,cpu:/path" as its parts. A path may hold colons.
struct CgroupLine {
  std::string_view controllers;
  std::string_view path;
};

CgroupLine parse_line(std::string_view line) {
  const std::size_t first = line.find(':');
  const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
  if (second == line.npos) return {};
  return {line.substr(first + 1, second - first - 1), line.substr(second + 1)};
}

/// The path in the unified hierarchy, else in systemd's own, else in any.
std::string_view path_in(std::string_view file) {
  std::string_view best;
  int best_rank = 0;
  while (!file.empty()) {
    const std::size_t end = std::min(file.find('\n'), file.size());
    const CgroupLine line = parse_line(file.substr(0, end));
    file.remove_prefix(std::min(end + 1, file.size()));
    if (line.path.size() < 2) continue;  // the root
    const int rank = line.controllers.empty() ? 3 : line.controllers == "name=systemd" ? 2 : 1;
    if (rank <= best_rank) continue;
    best_rank = rank;
    best = line.path;
  }
  return best;
}

bool is_container_id(std::string_view text) {
  return text.size() == kIdLength && text.find_first_not_of("0123456789abcdef") == text.npos;
}

bool remove_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

/// Undoes systemd's \xNN (systemd.unit(5), "String Escaping for Inclusion in Unit Names").
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const char* const digits = text.data() + i + 2;
    const bool escape = text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x';
    if (escape && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      out += static_cast<char>(value);
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// The name of the container to which the cgroup `component` below `parent` belongs; empty if it
/// belongs to none.
std::string container_name(std::string_view component, std::string_view parent) {
  std::string_view name = component;
  const bool scope = remove_suffix(name, ".scope");
  const std::size_t dash = name.rfind('-');
  const std::string_view id = name.substr(dash == name.npos ? 0 : dash + 1);
  if (is_container_id(id)) {
    const bool pod = parent.starts_with("pod") || parent == "kubepods";
    const std::string_view runtime = dash != name.npos ? name.substr(0, dash)
                                     : pod             ? std::string_view{"pod"}
                                                       : parent;
    return fmt::format("{}:{}", runtime, id.substr(0, kShownId));
  }
  constexpr std::string_view kPayload = "lxc.payload.";
  if (name.starts_with(kPayload)) return fmt::format("lxc:{}", name.substr(kPayload.size()));
  if (parent == "lxc") return fmt::format("lxc:{}", name);
  constexpr std::string_view kMachine = "machine-";
  if (scope && parent == "machine.slice" && name.starts_with(kMachine)) {
    return fmt::format("machine:{}", unescaped(name.substr(kMachine.size())));
  }
  constexpr std::string_view kNspawn = "systemd-nspawn@";
  if (name.starts_with(kNspawn) && remove_suffix(name, ".service")) {
    return fmt::format("machine:{}", unescaped(name.substr(kNspawn.size())));
  }
  return {};
}

std::string read_file(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::string text(kMaxFile, '\0');
  const ssize_t n = read(fd, text.data(), text.size());
  close(fd);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

}  // namespace

std::string cgroup_name(std::string_view file) {
  std::string_view path = path_in(file);
  std::string unit;
  // The search begins at the innermost component. A container may run units of its own, so the
  // search continues to its name.
  while (!path.empty()) {
    const std::size_t slash = path.rfind('/');
    const std::string_view component = path.substr(slash == path.npos ? 0 : slash + 1);
    path = path.substr(0, slash == path.npos ? 0 : slash);
    const std::string_view parent = path.substr(path.rfind('/') + 1);
    if (std::string container = container_name(component, parent); !container.empty()) {
      unit = std::move(container);
      break;
    }
    const bool is_unit = component.ends_with(".service") || component.ends_with(".scope");
    if (unit.empty() && is_unit) unit = component;
  }
  unit.resize(std::min(unit.size(), kMaxCgroupName));
  return unit;
}

const std::string& CgroupNames::name_of(pid_t pid, std::string_view exe) {
  if (cached_.size() >= kMaxCached) cached_.clear();
  const auto [at, fresh] = cached_.try_emplace(pid);
  CachedProcess& cached = at->second;
  // An empty name is read again, because the next process with this number may have one.
  if (fresh || cached.exe != exe || cached.name.empty()) {
    cached.exe = exe;
    cached.name = cgroup_name(read_file(fmt::format("/proc/{}/cgroup", pid)));
  }
  return cached.name;
}

}  // namespace synfin
