// group_failures(): one row for what one cause explains. See failure_counter.h.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "report/failure_counter.h"
#include "synfin/base/cidr.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

/// Originators of one service above which they are one row.
constexpr std::size_t kManyClients = 3;
/// A cause that so many networks of clients have is that of the service, and makes one row.
constexpr std::size_t kMaxNetworks = 3;
/// An answer this much older than an attempt still shows that the host is up.
constexpr Duration kFresh = std::chrono::minutes{10};

bool is_silent(Cause cause) { return cause == Cause::Filtered || cause == Cause::HostAway; }

/// The /24 of an IPv4 address or the /48 of an IPv6 address, as its first address.
Address client_network(const Address& a) {
  return Cidr::of(a, a.is_v4() ? kNetworkBits4 : kNetworkBits6).first();
}

std::span<const AnsweringPort> ports_of(std::span<const AnsweringPort> all, const Address& host) {
  const auto [begin, end] = std::equal_range(
      all.begin(), all.end(), AnsweringPort{host, 0, {}},
      [](const AnsweringPort& a, const AnsweringPort& b) { return a.address < b.address; });
  return {begin, end};
}

/// An entry with the cause that is known at the end. The fields that decide the order come first.
struct JudgedEntry {
  Address resp;
  std::uint16_t port = 0;
  Cause cause = Cause::None;
  Confidence confidence = Confidence::None;
  bool port_answers = false;
  const FailureEntry* entry = nullptr;

  explicit JudgedEntry(const FailureEntry& e)
      : resp(e.resp),
        port(e.port),
        cause(e.cause),
        confidence(e.confidence),
        port_answers(e.facts.port_answers),
        entry(&e) {}

  FailureEntry judged() const {
    FailureEntry e = *entry;
    e.cause = cause;
    e.confidence = confidence;
    e.facts.port_answers = port_answers;
    return e;
  }
  bool has_cause_of(const JudgedEntry& other) const {
    return resp == other.resp && port == other.port && cause == other.cause;
  }
  bool operator<(const JudgedEntry& other) const {
    if (resp != other.resp) return resp < other.resp;
    if (port != other.port) return port < other.port;
    if (cause != other.cause) return cause < other.cause;
    return std::tie(entry->orig, entry->first) < std::tie(other.entry->orig, other.entry->first);
  }
};

/// Judges a silent entry again by all answers of its host.
void judge_again(JudgedEntry& e, std::span<const AnsweringPort> answering, CauseTotals& totals) {
  for (const AnsweringPort& port : ports_of(answering, e.resp)) {
    if (port.last < saturating_add(e.entry->first, -kFresh)) continue;
    const bool during = port.last >= e.entry->first;
    if (port.port == e.port && !during) continue;
    if (e.cause == Cause::HostAway) {
      totals[static_cast<std::size_t>(Cause::HostAway)] -= e.entry->weight;
      totals[static_cast<std::size_t>(Cause::Filtered)] += e.entry->weight;
    }
    e.cause = Cause::Filtered;
    const bool proven = during && port.port != e.port;
    e.confidence = std::max(e.confidence, proven ? Confidence::Certain : Confidence::Likely);
    e.port_answers |= port.port == e.port;
  }
}

void merge(FailureEntry& into, const FailureEntry& e) {
  into.weight += e.weight;
  into.confidence = std::max(into.confidence, e.confidence);
  into.first = std::min(into.first, e.first);
  if (e.last < into.last) return;
  const FailureEntry before = into;
  into = e;
  into.weight = before.weight;
  into.confidence = before.confidence;
  into.first = before.first;
}

/// "4 SYNs in 7 s; the host answers on 22, 80".
std::string evidence_text(const FailureEntry& e, const std::vector<std::uint16_t>& ports) {
  if (!is_silent(e.cause) || ports.empty()) return std::string{EvidenceText(e.evidence()).view()};
  FailureEntry bare = e;
  bare.facts.answering_ports = {};
  const std::string silence{EvidenceText(bare.evidence()).view()};
  std::string text = silence.substr(0, silence.find(';')) + "; the host answers on ";
  constexpr std::size_t kShown = 4;
  for (std::size_t i = 0; i < std::min(ports.size(), kShown); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ", ports[i]);
  if (ports.size() > kShown) text += fmt::format(" and {} more", ports.size() - kShown);
  return text;
}

FailureRow row_of(const FailureEntry& e, std::size_t clients,
                  std::span<const AnsweringPort> answering) {
  FailureRow row;
  row.cause = e.cause;
  row.confidence = e.confidence;
  row.orig = e.orig;
  row.clients = clients;
  row.service = {e.resp, e.port};
  row.attempts = e.weight;
  row.first = e.first;
  row.last = e.last;
  if (is_silent(e.cause)) {
    for (const AnsweringPort& port : ports_of(answering, e.resp)) {
      if (port.port != e.port && port.last >= saturating_add(e.first, -kFresh))
        row.answering.push_back(port.port);
    }
  }
  row.evidence = evidence_text(e, row.answering);
  if (e.cause == Cause::Unreachable) {
    row.icmp_sender = e.facts.icmp_sender;
    row.icmp_type = e.icmp_type;
    row.icmp_code = e.icmp_code;
  }
  return row;
}

/// Entries that are one row.
struct Group {
  std::span<const JudgedEntry> entries;
  std::size_t clients = 0;
  std::uint64_t attempts = 0;

  /// True if all originators are of one network. They are in order, so two of them show it.
  bool is_one_network() const {
    return client_network(entries.front().entry->orig) ==
           client_network(entries.back().entry->orig);
  }
};

/// The number of originators among sorted entries of one service and cause.
std::size_t count_clients(std::span<const JudgedEntry> entries) {
  std::size_t clients = 1;
  for (std::size_t i = 1; i < entries.size(); ++i)
    clients += entries[i].entry->orig != entries[i - 1].entry->orig;
  return clients;
}

/// The ends of the runs of `entries` for which `key` returns the same of their originators.
template <typename Key>
std::vector<std::size_t> run_ends(std::span<const JudgedEntry> entries, Key key) {
  std::vector<std::size_t> ends;
  for (std::size_t i = 1; i <= entries.size(); ++i) {
    if (i == entries.size() || key(entries[i].entry->orig) != key(entries[i - 1].entry->orig))
      ends.push_back(i);
  }
  return ends;
}

void add_group(std::vector<Group>& groups, std::span<const JudgedEntry> entries) {
  Group group{entries, count_clients(entries)};
  for (const JudgedEntry& e : entries) group.attempts += e.entry->weight;
  groups.push_back(group);
}

void add_each_client(std::vector<Group>& groups, std::span<const JudgedEntry> entries) {
  std::size_t begin = 0;
  for (const std::size_t end : run_ends(entries, [](const Address& a) { return a; })) {
    add_group(groups, entries.subspan(begin, end - begin));
    begin = end;
  }
}

/// Adds `entries`, in which one service fails for one cause. Few clients are a row each. Many are
/// one row, or one for each network that has many, if they are of few networks.
void add_groups(std::vector<Group>& groups, std::span<const JudgedEntry> entries) {
  if (count_clients(entries) < kManyClients) return add_each_client(groups, entries);
  const std::vector<std::size_t> ends = run_ends(entries, client_network);
  std::size_t largest = 0, begin = 0;
  for (const std::size_t end : ends) {
    largest = std::max(largest, count_clients(entries.subspan(begin, end - begin)));
    begin = end;
  }
  if (ends.size() > kMaxNetworks || largest < kManyClients) return add_group(groups, entries);
  begin = 0;
  for (const std::size_t end : ends) {
    const auto network = entries.subspan(begin, end - begin);
    count_clients(network) < kManyClients ? add_each_client(groups, network)
                                          : add_group(groups, network);
    begin = end;
  }
}

std::vector<Group> groups_of(std::span<const JudgedEntry> entries) {
  std::vector<Group> groups;
  for (std::size_t begin = 0; begin < entries.size();) {
    std::size_t end = begin + 1;
    while (end < entries.size() && entries[end].has_cause_of(entries[begin])) ++end;
    add_groups(groups, entries.subspan(begin, end - begin));
    begin = end;
  }
  return groups;
}

}  // namespace

std::vector<Address> silent_hosts(std::span<const FailureEntry* const> entries) {
  std::vector<Address> hosts;
  for (const FailureEntry* e : entries) {
    if (is_silent(e->cause)) hosts.push_back(e->resp);
  }
  std::sort(hosts.begin(), hosts.end());
  hosts.erase(std::unique(hosts.begin(), hosts.end()), hosts.end());
  return hosts;
}

Ranked<FailureRow> group_failures(std::span<const FailureEntry* const> entries,
                                  std::span<const AnsweringPort> answering, std::size_t top,
                                  CauseTotals& totals) {
  std::vector<JudgedEntry> judged;
  judged.reserve(entries.size());
  for (const FailureEntry* e : entries) {
    judged.emplace_back(*e);
    if (is_silent(e->cause)) judge_again(judged.back(), answering, totals);
  }
  std::sort(judged.begin(), judged.end());
  std::vector<Group> groups = groups_of(judged);
  std::stable_sort(groups.begin(), groups.end(),
                   [](const Group& a, const Group& b) { return a.attempts > b.attempts; });
  Ranked<FailureRow> ranked;
  ranked.of = groups.size();
  if (top != 0 && groups.size() > top) groups.resize(top);
  for (const Group& group : groups) {
    FailureEntry all = group.entries[0].judged();
    for (const JudgedEntry& e : group.entries.subspan(1)) merge(all, e.judged());
    ranked.rows.push_back(row_of(all, group.clients, answering));
    if (group.clients > 1 && group.is_one_network())
      ranked.rows.back().network = network_text(all.orig);
  }
  return ranked;
}

}  // namespace synfin
