// See watch_list.h.
#include "synfin/inventory/watch_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <system_error>
#include <vector>

#include "inventory/port_ranges.h"
#include "synfin/base/cidr.h"
#include "synfin/base/errno_text.h"
#include "synfin/base/input_file.h"
#include "synfin/base/text.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxFile = std::size_t{16} << 20;

/// A list of ports without the blanks beside its commas and dashes. A blank between two numbers
/// stays, because it is no list: it may separate two ports or be a mistake within one.
std::string without_blanks(std::string_view list) {
  constexpr std::string_view kMarks = ",-";
  std::string text;
  bool blank = false;
  for (const char c : list) {
    if (kBlanks.find(c) != kBlanks.npos) {
      blank = !text.empty();
      continue;
    }
    if (blank && kMarks.find(c) == kMarks.npos && kMarks.find(text.back()) == kMarks.npos)
      text += ' ';
    blank = false;
    text += c;
  }
  return text;
}

bool is_single(const Cidr& block) { return block.bits() == 128; }

PortRanges all_ports() {
  PortRanges all;
  all.insert(0, 65535);
  return all;
}

}  // namespace

struct WatchList::Rules {
  struct Block {
    std::optional<Cidr> network;  ///< unset: every host
    PortRanges ports;
  };
  std::map<Address, PortRanges> hosts;
  std::vector<Block> blocks;

  /// Adds a line without comment and surrounding blanks. Returns what is wrong, or an empty text.
  std::string add(std::string_view line) {
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    const std::string_view host = line.substr(0, end);
    const std::string text = without_blanks(line.substr(end));
    const auto ports = text.empty() || text == "*" ? all_ports() : PortRanges::parse(text);
    if (!ports)
      return fmt::format("in '{}', '{}' is not a list of ports such as 22,80,8000-8080", line,
                         text);
    if (host == "*") {
      blocks.push_back({std::nullopt, *ports});
      return {};
    }
    const auto network = Cidr::parse(host);
    if (!network) return fmt::format("'{}' is not an address, a CIDR block or *", host);
    if (!is_single(*network)) {
      blocks.push_back({network, *ports});
      return {};
    }
    for (const PortRanges::Range& range : ports->ranges())
      hosts[network->first()].insert(range.first, range.last);
    return {};
  }
};

WatchList::WatchList(std::unique_ptr<Rules> rules) : rules_(std::move(rules)) {}
WatchList::~WatchList() = default;

Result<std::shared_ptr<const WatchList>> WatchList::read(const std::string& path) {
  const auto text = read_input(path, kMaxFile + 1);
  if (!text) {
    return Error{fmt::format("cannot read {}: {}", path, errno_text()), ErrorKind::Usage};
  }
  if (text->size() > kMaxFile)
    return Error{fmt::format("{} is larger than 16 MiB", path), ErrorKind::Usage};
  return parse(*text, path);
}

Result<std::shared_ptr<const WatchList>> WatchList::parse(std::string_view text,
                                                          const std::string& path) {
  auto rules = std::make_unique<Rules>();
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view content = trimmed(line.substr(0, line.find('#')));
    if (content.empty()) continue;
    if (const std::string wrong = rules->add(content); !wrong.empty())
      return Error{fmt::format("{}, line {}: {}", path, number, wrong), ErrorKind::Usage};
  }
  return std::shared_ptr<const WatchList>(new WatchList(std::move(rules)));
}

bool WatchList::contains(const Address& host, std::uint16_t port) const {
  const auto single = rules_->hosts.find(host);
  if (single != rules_->hosts.end() && single->second.contains(port)) return true;
  return std::any_of(rules_->blocks.begin(), rules_->blocks.end(), [&](const Rules::Block& b) {
    return (!b.network || b.network->contains(host)) && b.ports.contains(port);
  });
}

}  // namespace synfin
