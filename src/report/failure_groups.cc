// group_failures(): one row for what one cause explains. See failure_counter.h.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
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

/// The answers of hosts by port and by time. A sender can make one host answer on all ports and
/// then cause very many failures of it, so judging a failure must not visit all ports.
class HostAnswers {
 public:
  using Indices = std::span<const std::uint32_t>;

  /// `answers` is sorted and must outlive it.
  explicit HostAnswers(std::span<const AnsweringPort> answers)
      : answers_(answers), by_time_(answers.size()) {
    std::iota(by_time_.begin(), by_time_.end(), std::uint32_t{0});
    std::sort(by_time_.begin(), by_time_.end(), [this](std::uint32_t a, std::uint32_t b) {
      return std::tie(answers_[a].address, answers_[b].last, a) <
             std::tie(answers_[b].address, answers_[a].last, b);
    });
  }

  const AnsweringPort& operator[](std::uint32_t index) const { return answers_[index]; }

  /// The answers of all ports of `host`, the latest first.
  Indices latest(const Address& host) const {
    const auto [begin, end] = std::equal_range(
        answers_.begin(), answers_.end(), AnsweringPort{host, 0, {}},
        [](const AnsweringPort& a, const AnsweringPort& b) { return a.address < b.address; });
    return Indices(by_time_).subspan(static_cast<std::size_t>(begin - answers_.begin()),
                                     static_cast<std::size_t>(end - begin));
  }

  /// Those at `since` or later.
  Indices latest(const Address& host, Timestamp since) const {
    const Indices all = latest(host);
    const auto end = std::partition_point(
        all.begin(), all.end(), [&](std::uint32_t i) { return answers_[i].last >= since; });
    return {all.begin(), end};
  }

  /// The last answer of one port; null if it has never answered.
  const AnsweringPort* of_port(const Address& host, std::uint16_t port) const {
    const auto found = std::lower_bound(answers_.begin(), answers_.end(),
                                        AnsweringPort{host, port, Timestamp::min()});
    const bool known = found != answers_.end() && found->address == host && found->port == port;
    return known ? &*found : nullptr;
  }

  /// The last answer of all ports but `port`; null if none has answered.
  const AnsweringPort* of_other_ports(const Address& host, std::uint16_t port) const {
    for (const std::uint32_t i : latest(host)) {
      if (answers_[i].port != port) return &answers_[i];
    }
    return nullptr;
  }

 private:
  std::span<const AnsweringPort> answers_;
  std::vector<std::uint32_t> by_time_;  ///< indices in answers_
};

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

/// Judges a silent entry again by all answers of its host. The last ones decide, because earlier
/// ones prove no more.
void judge_again(JudgedEntry& e, const HostAnswers& answers, CauseTotals& totals) {
  const Timestamp first = e.entry->first;
  const AnsweringPort* const own = answers.of_port(e.resp, e.port);
  const AnsweringPort* const other = answers.of_other_ports(e.resp, e.port);
  const bool own_answers = own != nullptr && own->last >= first;
  const bool other_answers = other != nullptr && other->last >= saturating_add(first, -kFresh);
  if (!own_answers && !other_answers) return;
  if (e.cause == Cause::HostAway) {
    totals[static_cast<std::size_t>(Cause::HostAway)] -= e.entry->weight;
    totals[static_cast<std::size_t>(Cause::Filtered)] += e.entry->weight;
  }
  e.cause = Cause::Filtered;
  const bool proven = other_answers && other->last >= first;
  e.confidence = std::max(e.confidence, proven ? Confidence::Certain : Confidence::Likely);
  e.port_answers |= own_answers;
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
std::string evidence_text(const FailureEntry& e, const FailureRow& row) {
  const std::vector<std::uint16_t>& ports = row.answering;
  if (!is_silent(e.cause) || ports.empty()) return std::string{EvidenceText(e.evidence()).view()};
  FailureEntry bare = e;
  bare.facts.answering_ports = {};
  const std::string silence{EvidenceText(bare.evidence()).view()};
  std::string text = silence.substr(0, silence.find(';')) + "; the host answers on ";
  constexpr std::size_t kShown = 4;
  for (std::size_t i = 0; i < std::min(ports.size(), kShown); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ", ports[i]);
  if (ports.size() > kShown)
    text += fmt::format(" and {} more", ports.size() - kShown + row.further_answering);
  return text;
}

/// Sets the other ports that answered at most kFresh before the first attempt: the lowest ones, and
/// the number of all others.
void set_answering(FailureRow& row, const HostAnswers& answers) {
  const Address& host = row.service.address;
  const Timestamp since = saturating_add(row.first, -kFresh);
  const AnsweringPort* const own = answers.of_port(host, row.service.port);
  const HostAnswers::Indices fresh = answers.latest(host, since);
  // The order of indices is that of ports.
  std::array<std::uint32_t, FailureRow::kMaxAnswering + 1> lowest;
  const auto end = std::partial_sort_copy(fresh.begin(), fresh.end(), lowest.begin(), lowest.end());
  for (auto i = lowest.begin(); i != end && row.answering.size() < FailureRow::kMaxAnswering; ++i) {
    if (&answers[*i] != own) row.answering.push_back(answers[*i].port);
  }
  const bool own_is_fresh = own != nullptr && own->last >= since;
  row.further_answering = fresh.size() - own_is_fresh - row.answering.size();
}

FailureRow row_of(const FailureEntry& e, std::size_t clients, const HostAnswers& answers) {
  FailureRow row;
  row.cause = e.cause;
  row.confidence = e.confidence;
  row.orig = e.orig;
  row.clients = clients;
  row.service = {e.resp, e.port};
  row.attempts = e.weight;
  row.first = e.first;
  row.last = e.last;
  if (is_silent(e.cause)) set_answering(row, answers);
  row.evidence = evidence_text(e, row);
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
  const HostAnswers answers(answering);
  std::vector<JudgedEntry> judged;
  judged.reserve(entries.size());
  for (const FailureEntry* e : entries) {
    judged.emplace_back(*e);
    if (is_silent(e->cause)) judge_again(judged.back(), answers, totals);
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
    ranked.rows.push_back(row_of(all, group.clients, answers));
    if (group.clients > 1 && group.is_one_network())
      ranked.rows.back().network = network_text(all.orig);
  }
  return ranked;
}

}  // namespace synfin
