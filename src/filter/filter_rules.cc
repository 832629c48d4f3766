// FilterRules: the index of sections, and how a section matches. See filter_rules.h.
#include "synfin/filter/filter_rules.h"

#include <algorithm>
#include <functional>
#include <set>
#include <unordered_map>
#include <utility>

#include "filter/rule_section.h"
#include "synfin/base/mix.h"
#include "synfin/filter/host_addresses.h"

namespace synfin {
namespace {

template <typename T, typename U>
bool has(const std::vector<T>& list, const U& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool matches_host(const RuleHosts& hosts, const Address& address, std::string_view name,
                  const HostAddresses* resolved) {
  if (has(hosts.addresses, address)) return true;
  if (!name.empty() && has(hosts.names, name)) return true;
  if (resolved == nullptr || hosts.names.empty()) return false;
  const std::vector<std::string>& names = resolved->names_of(address);
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& n) { return has(hosts.names, n); });
}

/// Like Python's re.match: anchored at the beginning, but not at the end.
bool matches_cmdline(const RuleSection& section, std::string_view cmdline) {
  if (!section.expression) return section.cmdline == cmdline;
  return !cmdline.empty() &&
         section.expression->Match({cmdline.data(), cmdline.size()}, 0, cmdline.size(),
                                   re2::RE2::ANCHOR_START, nullptr, 0);
}

}  // namespace

bool RuleSection::matches(const LocalView& c, const HostAddresses* hosts) const {
  if (!has_parameters || disabled) return false;
  if (!exe.empty() && exe != c.exe) return false;
  if (!user.empty() && user != c.user) return false;
  if (pid && (c.pid == 0 || *pid != c.pid)) return false;
  if (!local_ports.empty() && !has(local_ports, c.local.port)) return false;
  if (!remote_ports.empty() && !has(remote_ports, c.remote.port)) return false;
  if (!states.empty() && !has(states, c.state)) return false;
  if (!remote_ips.empty() &&
      std::none_of(remote_ips.begin(), remote_ips.end(),
                   [&](const Cidr& block) { return block.contains(c.remote.address); })) {
    return false;
  }
  if (local_hosts.any() && !matches_host(local_hosts, c.local.address, c.local_name, nullptr))
    return false;
  if (remote_hosts.any() && !matches_host(remote_hosts, c.remote.address, c.remote_name, hosts))
    return false;
  return cmdline.empty() || matches_cmdline(*this, c.cmdline);
}

/// Finds the sections that can match a connection.
///
/// Each section is filed under all values of one of its parameters: the one whose most frequent
/// value is rarest among all sections. Values are stored as hashes of (parameter, value); a
/// collision only adds a candidate. Sections without an exact value are candidates always.
class RuleIndex {
 public:
  explicit RuleIndex(const std::vector<RuleSection>& sections) {
    std::unordered_map<std::uint64_t, std::uint32_t> frequencies;
    for (const RuleSection& section : sections) {
      for_each_parameter(section, [&](const Keys& keys) {
        for (const std::uint64_t key : keys) ++frequencies[key];
      });
    }
    for (std::uint32_t i = 0; i < sections.size(); ++i) {
      if (sections[i].disabled || !sections[i].has_parameters) continue;
      file(sections[i], i, frequencies);
    }
  }

  /// Calls `visit` with section numbers until it returns true, and returns whether it did.
  template <typename Visit>
  bool any_candidate(const LocalView& c, const HostAddresses* hosts, const Visit& visit) const {
    if (std::any_of(always_.begin(), always_.end(), visit)) return true;
    const auto any_filed = [&](std::uint64_t key) {
      const auto at = sections_.find(key);
      return at != sections_.end() && std::any_of(at->second.begin(), at->second.end(), visit);
    };
    if (any_filed(key_of(Parameter::Exe, c.exe)) || any_filed(key_of(Parameter::User, c.user)) ||
        any_filed(key_of(Parameter::Cmdline, c.cmdline)) ||
        any_filed(key_of(Parameter::Pid, c.pid)) ||
        any_filed(key_of(Parameter::LocalPort, c.local.port)) ||
        any_filed(key_of(Parameter::RemotePort, c.remote.port)) ||
        any_filed(key_of(Parameter::RemoteHost, c.remote_name)) ||
        any_filed(key_of(c.remote.address))) {
      return true;
    }
    if (hosts != nullptr) {
      const auto& names = hosts->names_of(c.remote.address);
      if (std::any_of(names.begin(), names.end(), [&](const std::string& name) {
            return any_filed(key_of(Parameter::RemoteHost, name));
          })) {
        return true;
      }
    }
    return std::any_of(prefixes_.begin(), prefixes_.end(), [&](unsigned bits) {
      return any_filed(key_of(Cidr::of_bits(c.remote.address, bits)));
    });
  }

 private:
  enum class Parameter : std::uint64_t {
    Exe = 1,
    User,
    Cmdline,
    Pid,
    LocalPort,
    RemotePort,
    RemoteHost,
    RemoteAddress,
    RemoteBlock,
  };
  using Keys = std::vector<std::uint64_t>;

  static std::uint64_t mixed(Parameter parameter, std::uint64_t value) {
    return mix64(value ^ 0x9E3779B97F4A7C15,
                 (static_cast<std::uint64_t>(parameter) << 32) ^ 0xD1B54A32D192ED03);
  }
  static std::uint64_t key_of(Parameter parameter, std::string_view text) {
    return mixed(parameter, std::hash<std::string_view>{}(text));
  }
  static std::uint64_t key_of(Parameter parameter, std::uint32_t number) {
    return mixed(parameter, number);
  }
  static std::uint64_t key_of(const Address& address) {
    return mixed(Parameter::RemoteAddress,
                 mix64(address.high() ^ 0x9E3779B97F4A7C15, address.low() ^ 0xD1B54A32D192ED03));
  }
  static std::uint64_t key_of(const Cidr& block) {
    return mixed(Parameter::RemoteBlock, key_of(block.first()) + block.bits());
  }

  /// Calls `visit` with the keys of each parameter that has exact values.
  template <typename Visit>
  static void for_each_parameter(const RuleSection& s, const Visit& visit) {
    if (s.pid) visit(Keys{key_of(Parameter::Pid, *s.pid)});
    if (!s.exe.empty()) visit(Keys{key_of(Parameter::Exe, s.exe)});
    if (!s.user.empty()) visit(Keys{key_of(Parameter::User, s.user)});
    if (!s.cmdline.empty() && !s.expression) visit(Keys{key_of(Parameter::Cmdline, s.cmdline)});
    Keys keys;
    const auto visit_list = [&](const auto& list, const auto& key) {
      if (list.empty()) return;
      keys.clear();
      for (const auto& value : list) keys.push_back(key(value));
      visit(keys);
    };
    visit_list(s.remote_ips, [](const Cidr& block) { return key_of(block); });
    visit_list(s.remote_ports, [](std::uint16_t p) { return key_of(Parameter::RemotePort, p); });
    visit_list(s.local_ports, [](std::uint16_t p) { return key_of(Parameter::LocalPort, p); });
    if (!s.remote_hosts.any()) return;
    keys.clear();
    for (const std::string& name : s.remote_hosts.names)
      keys.push_back(key_of(Parameter::RemoteHost, name));
    for (const Address& address : s.remote_hosts.addresses) keys.push_back(key_of(address));
    visit(keys);
  }

  void file(const RuleSection& section, std::uint32_t number,
            const std::unordered_map<std::uint64_t, std::uint32_t>& frequencies) {
    Keys best;
    std::uint32_t best_frequency = ~std::uint32_t{0};
    for_each_parameter(section, [&](const Keys& keys) {
      std::uint32_t frequency = 0;
      for (const std::uint64_t key : keys) frequency = std::max(frequency, frequencies.at(key));
      if (frequency >= best_frequency) return;
      best_frequency = frequency;
      best = keys;
    });
    if (best.empty()) return always_.push_back(number);
    for (const std::uint64_t key : best) {
      std::vector<std::uint32_t>& filed = sections_[key];
      if (filed.empty() || filed.back() != number) filed.push_back(number);
    }
    for (const Cidr& block : section.remote_ips) prefixes_.insert(block.bits());
  }

  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> sections_;
  std::vector<std::uint32_t> always_;
  std::set<unsigned> prefixes_;  ///< the prefix lengths of all blocks
};

FilterRules::FilterRules() = default;
FilterRules::~FilterRules() = default;
FilterRules::FilterRules(FilterRules&&) noexcept = default;
FilterRules& FilterRules::operator=(FilterRules&&) noexcept = default;

Result<FilterRules> FilterRules::read(const std::string& path, bool resolve) {
  auto file = read_rules_file(path, resolve);
  if (!file) return file.error();
  FilterRules rules;
  rules.sections_ = std::move(file->sections);
  rules.notices_ = std::move(file->notices);
  rules.index_ = std::make_unique<RuleIndex>(rules.sections_);
  return rules;
}

bool FilterRules::hides(const LocalView& connection, const HostAddresses* hosts) const {
  if (!index_) return false;
  return index_->any_candidate(connection, hosts, [&](std::uint32_t number) {
    return sections_[number].matches(connection, hosts);
  });
}

bool FilterRules::needs_processes() const {
  return std::any_of(sections_.begin(), sections_.end(), [](const RuleSection& s) {
    return !s.exe.empty() || !s.cmdline.empty() || !s.user.empty() || s.pid;
  });
}

std::vector<std::string> FilterRules::host_names() const {
  std::vector<std::string> names;
  for (const RuleSection& section : sections_) {
    if (section.disabled) continue;
    names.insert(names.end(), section.remote_hosts.names.begin(), section.remote_hosts.names.end());
  }
  return names;
}

}  // namespace synfin
