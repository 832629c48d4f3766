// The steps of match_connections() for devices that replace sequence numbers: firewalls that
// randomize initial numbers, load balancers, SYN proxies. See matcher.h.
#include <algorithm>

#include "path/matcher.h"
#include "synfin/base/sequence.h"

namespace synfin {
namespace {

/// Two connections whose bytes are equal are one if their beginnings agree to this time, and no
/// other pair's do.
constexpr Duration kSameTime = std::chrono::milliseconds{100};
constexpr Duration kSameDuration = std::chrono::seconds{1};
/// Connections of either side that vote for the offset of the clocks.
constexpr std::size_t kMaxVoters = 400;
constexpr std::size_t kMinVotes = 3;
/// Times that are centuries apart would overflow differences.
constexpr Duration kFarthestApart{std::int64_t{1} << 61};

/// Bytes that a sender sent, with SYN and FIN counted as TCP counts them.
std::uint32_t length_of(const SenderView& view) {
  return view.last_seq - (view.isn_known ? view.isn : view.first_seq);
}

bool is_whole(const TracedConnection& c) {
  return c.view[kOrig].offer.seen && c.view[kResp].offer.seen && c.view[kOrig].fin &&
         c.view[kResp].fin;
}

std::uint64_t pattern_of(const TracedConnection& c) {
  return std::uint64_t{length_of(c.view[kOrig])} << 32 | length_of(c.view[kResp]);
}

/// False if the bytes of one direction, as both captures show them, contradict each other.
bool same_lengths(const TracedConnection& c, const TracedConnection& s) {
  for (const Sender sender : {kOrig, kResp}) {
    const SenderView &a = c.view[sender], &b = s.view[sender];
    if (a.fin && b.fin && a.isn_known && b.isn_known && length_of(a) != length_of(b)) return false;
  }
  return true;
}

Duration distance(Duration a, Duration b) {
  return a > b ? saturating_add(a, -b) : saturating_add(b, -a);
}

Duration life(const TracedConnection& c) { return saturating_sub(c.last, c.first); }

/// The difference that most pairs of one client and one server agree on.
std::optional<Duration> vote(std::vector<std::int64_t>& differences) {
  std::sort(differences.begin(), differences.end());
  std::size_t best = 0, second = 0, begin = 0;
  std::int64_t winner = 0;
  for (std::size_t end = 0; end < differences.size(); ++end) {
    while (differences[end] - differences[begin] > kSameTime.count() / 2) ++begin;
    const std::size_t votes = end - begin + 1;
    const std::int64_t middle = differences[begin + (end - begin) / 2];
    const bool same = best > 0 && middle - winner < kSameTime.count();
    if (votes > best) {
      if (!same) second = best;
      best = votes;
      winner = middle;
    } else if (!same) {
      second = std::max(second, votes);
    }
  }
  if (best < kMinVotes || best < 2 * second) return std::nullopt;
  return Duration{winner};
}

}  // namespace

/// A tuple that either capture shows once is the same connection if its bytes do not contradict.
void Matcher::match_rewritten_tuples() {
  const auto unique = [this](Point point, const ConnectionKey& key) {
    const std::uint32_t latest = trace_[point]->latest_of(key);
    const bool once = latest != kNoIndex && at(point, latest).before == kNoIndex;
    return once && is_free(point, latest) ? latest : kNoIndex;
  };
  for (std::uint32_t c = 0; c < partner_[kClient].size(); ++c) {
    const ConnectionKey key = ConnectionKey::of(at(kClient, c).tuple);
    if (unique(kClient, key) != c) continue;
    const std::uint32_t s = unique(kServer, key);
    if (s == kNoIndex || at(kClient, c).tuple != at(kServer, s).tuple) continue;
    const bool known = at(kClient, c).begins_with_syn() && at(kServer, s).begins_with_syn();
    if (known && same_lengths(at(kClient, c), at(kServer, s))) pair(c, s, MatchBasis::Pattern);
  }
}

Matcher::Index Matcher::index_patterns(Point point) const {
  Index index;
  for (std::uint32_t i = 0; i < partner_[point].size(); ++i) {
    if (is_free(point, i) && is_whole(at(point, i))) index[pattern_of(at(point, i))].push_back(i);
  }
  return index;
}

/// From the connections that are paired, else from those whose bytes agree.
std::optional<Duration> Matcher::common_offset(const Index& client, const Index& server) const {
  std::vector<std::int64_t> differences;
  const auto add = [&](std::uint32_t c, std::uint32_t s) {
    const Duration d = saturating_sub(at(kServer, s).first, at(kClient, c).first);
    differences.push_back(std::clamp(d, -kFarthestApart, kFarthestApart).count());
  };
  for (std::uint32_t c = 0; c < partner_[kClient].size(); ++c) {
    const std::uint32_t s = partner_[kClient][c];
    if (s == kNoIndex) continue;
    if (at(kClient, c).view[kOrig].offer.seen && at(kServer, s).view[kOrig].offer.seen) add(c, s);
  }
  if (!differences.empty()) {
    const auto middle = differences.begin() + static_cast<std::ptrdiff_t>(differences.size() / 2);
    std::nth_element(differences.begin(), middle, differences.end());
    return Duration{*middle};
  }
  std::size_t voters = 0;
  for (const auto& [pattern, clients] : client) {
    const auto found = server.find(pattern);
    if (found == server.end()) continue;
    for (const std::uint32_t c : clients) {
      if (++voters > kMaxVoters) break;
      const std::size_t rivals = std::min(found->second.size(), kMaxVoters);
      for (std::size_t i = 0; i < rivals; ++i) add(c, found->second[i]);
    }
  }
  return vote(differences);
}

void Matcher::pair_by_time(const std::vector<std::uint32_t>& client,
                           const std::vector<std::uint32_t>& server, Duration offset) {
  using Entry = std::pair<Duration, std::uint32_t>;
  const auto by_time = [this](Point point, const std::vector<std::uint32_t>& from, Duration shift) {
    std::vector<Entry> entries;
    for (const std::uint32_t i : from) {
      const Duration since_epoch = at(point, i).first.time_since_epoch();
      entries.emplace_back(saturating_add(since_epoch, shift), i);
    }
    std::sort(entries.begin(), entries.end());
    return entries;
  };
  const std::vector<Entry> clients = by_time(kClient, client, offset);
  const std::vector<Entry> servers = by_time(kServer, server, Duration{0});
  const auto near = [](const std::vector<Entry>& in, Duration time) {
    const auto begin =
        std::lower_bound(in.begin(), in.end(), Entry{saturating_add(time, -kSameTime), 0});
    const auto end =
        std::lower_bound(begin, in.end(), Entry{saturating_add(time, kSameTime), kNoIndex});
    return std::pair{begin, end - begin};
  };
  for (const auto& [time, c] : clients) {
    const auto [fit, fitting] = near(servers, time);
    if (fitting == 0) continue;
    const bool unique = fitting == 1 && near(clients, fit->first).second == 1;
    const bool same =
        unique && distance(life(at(kClient, c)), life(at(kServer, fit->second))) < kSameDuration;
    if (same) pair(c, fit->second, MatchBasis::Pattern);
    if (!unique) ambiguous_[kClient][c] = true;
  }
  for (const auto& [time, s] : servers) {
    const auto [fit, fitting] = near(clients, time);
    if (fitting > 1 || (fitting == 1 && near(servers, fit->first).second > 1))
      ambiguous_[kServer][s] = true;
  }
}

void Matcher::match_patterns() {
  const Index clients = index_patterns(kClient), servers = index_patterns(kServer);
  if (clients.empty() || servers.empty()) return;
  const auto offset = common_offset(clients, servers);
  for (const auto& [pattern, mine] : clients) {
    const auto theirs = servers.find(pattern);
    if (theirs == servers.end()) continue;
    if (offset) {
      pair_by_time(mine, theirs->second, *offset);
    } else if (mine.size() == 1 && theirs->second.size() == 1) {
      const auto c = mine.front(), s = theirs->second.front();
      const bool has_data =
          length_of(at(kClient, c).view[kOrig]) > 2 && length_of(at(kClient, c).view[kResp]) > 2;
      const bool same = distance(life(at(kClient, c)), life(at(kServer, s))) < kSameDuration;
      if (has_data && same) pair(c, s, MatchBasis::Pattern);
    } else {
      for (const std::uint32_t c : mine) ambiguous_[kClient][c] = true;
      for (const std::uint32_t s : theirs->second) ambiguous_[kServer][s] = true;
    }
  }
}

}  // namespace synfin
