// See match.h.
#include "path/match.h"

#include <algorithm>

#include "path/matcher.h"
#include "synfin/base/sequence.h"

namespace synfin {
namespace {

/// Connections of one tuple, or with one number, that are tried before a step gives up. It bounds
/// the work if somebody chooses all numbers equal.
constexpr std::size_t kMaxTried = 64;
/// A capture that begins later shows later numbers of the same stream.
constexpr std::uint32_t kSlack = 1u << 20;

std::uint64_t numbers_of(const Observation& o) { return std::uint64_t{o.seq} << 32 | o.ack; }

/// True if the streams of two views may be the same stream.
bool overlap(const SenderView& a, const SenderView& b) {
  if (a.segments == 0 || b.segments == 0) return false;
  return seq_between(b.first_seq, a.first_seq - kSlack, a.last_seq + kSlack) ||
         seq_between(a.first_seq, b.first_seq - kSlack, b.last_seq + kSlack);
}

}  // namespace

Matcher::Matcher(Trace& client, Trace& server)
    : trace_{&client, &server}, basis_(client.connections().size()) {
  for (const Point point : {kClient, kServer})
    partner_[point].assign(trace_[point]->connections().size(), kNoIndex);
  for (const Point point : {kClient, kServer}) ambiguous_[point].resize(partner_[point].size());
}

void Matcher::pair(std::uint32_t client, std::uint32_t server, MatchBasis basis) {
  partner_[kClient][client] = server;
  partner_[kServer][server] = client;
  basis_[client] = basis;
}

/// Gives both connections the same originator. A SYN or SYN-ACK proves it; a port is a guess.
void Matcher::align(std::uint32_t client, std::uint32_t server) {
  const bool client_knows = at(kClient, client).begins_with_syn();
  if (client_knows && at(kServer, server).begins_with_syn()) return;
  trace_[client_knows ? kServer : kClient]->flip(client_knows ? server : client);
}

/// `exchanged`: the originator of `s` is the responder of `c`.
bool Matcher::same_numbers(const TracedConnection& c, const TracedConnection& s,
                           bool exchanged) const {
  const SenderView& orig = s.view[exchanged ? kResp : kOrig];
  const SenderView& resp = s.view[exchanged ? kOrig : kResp];
  for (const auto& [a, b] : {std::pair(&c.view[kOrig], &orig), {&c.view[kResp], &resp}}) {
    if (a->isn_known && b->isn_known) return a->isn == b->isn;
  }
  return overlap(c.view[kOrig], orig) || overlap(c.view[kResp], resp);
}

/// The server's connections of a tuple are tried from the oldest on, because those of both captures
/// are in the same order.
void Matcher::match_tuples() {
  const std::vector<TracedConnection>& servers = trace_[kServer]->connections();
  std::vector<std::uint32_t> after(servers.size(), kNoIndex);
  std::vector<std::uint32_t> first_free(servers.size());  // by TracedConnection::oldest
  for (std::uint32_t s = 0; s < servers.size(); ++s) {
    if (servers[s].before != kNoIndex) after[servers[s].before] = s;
    first_free[s] = s;
  }
  for (std::uint32_t c = 0; c < partner_[kClient].size(); ++c) {
    const auto latest = trace_[kServer]->latest_of(ConnectionKey::of(at(kClient, c).tuple));
    if (latest == kNoIndex) continue;
    std::uint32_t& begin = first_free[servers[latest].oldest];
    while (begin != kNoIndex && !is_free(kServer, begin)) begin = after[begin];
    std::uint32_t s = begin;
    for (std::size_t tried = 0; s != kNoIndex && tried < kMaxTried; ++tried, s = after[s]) {
      if (is_free(kServer, s) && pair_same(c, s)) break;
    }
  }
}

bool Matcher::pair_same(std::uint32_t c, std::uint32_t s) {
  const TracedConnection &client = at(kClient, c), &server = at(kServer, s);
  const bool exchanged = client.tuple != server.tuple;
  if (exchanged && client.begins_with_syn() && server.begins_with_syn()) return false;
  if (!same_numbers(client, server, exchanged)) return false;
  if (exchanged) align(c, s);
  pair(c, s, MatchBasis::Tuple);
  return true;
}

Matcher::Index Matcher::index_isns(Point point) const {
  Index index;
  for (std::uint32_t i = 0; i < partner_[point].size(); ++i) {
    if (!is_free(point, i) || !at(point, i).view[kOrig].isn_known) continue;
    auto& same = index[at(point, i).view[kOrig].isn];
    if (same.size() < kMaxTried) same.push_back(i);
  }
  return index;
}

bool Matcher::shares_an_end(const TracedConnection& c, const TracedConnection& s) const {
  return c.tuple.resp == s.tuple.resp || c.tuple.orig.address == s.tuple.orig.address ||
         c.tuple.resp.address == s.tuple.resp.address || c.tuple.resp.port == s.tuple.resp.port;
}

/// Both initial numbers are 64 bits and identify a connection. If one capture shows only the SYN,
/// its 32 bits do, together with an end that NAT has left as it was, if no other fits.
void Matcher::match_isns() {
  const Index servers = index_isns(kServer);
  const auto fits = [&](std::uint32_t c, std::uint32_t s, bool both) {
    const SenderView &a = at(kClient, c).view[kResp], &b = at(kServer, s).view[kResp];
    if (a.isn_known && b.isn_known) return a.isn == b.isn;
    return !both && shares_an_end(at(kClient, c), at(kServer, s));
  };
  for (const bool both : {true, false}) {
    for (const auto& [isn, clients] : index_isns(kClient)) {
      const auto found = servers.find(isn);
      if (found == servers.end()) continue;
      for (const std::uint32_t c : clients) {
        std::uint32_t only = kNoIndex;
        std::size_t fitting = 0;
        for (const std::uint32_t s : found->second) {
          if (!is_free(kServer, s) || !fits(c, s, both)) continue;
          only = s;
          ++fitting;
        }
        const auto rivals = std::count_if(clients.begin(), clients.end(), [&](std::uint32_t rival) {
          return fitting == 1 && is_free(kClient, rival) && fits(rival, only, both);
        });
        if (fitting == 1 && rivals == 1) pair(c, only, MatchBasis::Numbers);
        if (fitting <= 1 && rivals <= 1) continue;
        ambiguous_[kClient][c] = true;
        for (const std::uint32_t s : found->second) {
          if (is_free(kServer, s) && fits(c, s, both)) ambiguous_[kServer][s] = true;
        }
      }
    }
  }
}

/// Calls `use` with each segment that has both numbers until it returns false.
template <typename Use>
void Matcher::each_numbered(Point point, std::uint32_t connection, Use&& use) const {
  const auto& observations = trace_[point]->observations();
  for (std::uint32_t o = at(point, connection).head; o != kNoIndex; o = observations[o].next) {
    const Observation& seen = observations[o];
    if (seen.has(kAck) && !seen.has(kSyn | kRst) && !use(seen)) return;
  }
}

std::vector<Matcher::Numbers> Matcher::numbers_of_server() const {
  std::vector<Numbers> numbers;
  for (std::uint32_t s = 0; s < partner_[kServer].size(); ++s) {
    if (!is_free(kServer, s)) continue;
    each_numbered(kServer, s, [&](const Observation& seen) {
      numbers.emplace_back(numbers_of(seen), s);
      return true;
    });
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

void Matcher::pair_midstream(std::uint32_t client, const std::vector<Numbers>& servers) {
  std::uint32_t found = kNoIndex;
  std::uint64_t shared = 0;
  Sender sender = kOrig;
  each_numbered(kClient, client, [&](const Observation& seen) {
    const auto first =
        std::lower_bound(servers.begin(), servers.end(), Numbers{numbers_of(seen), 0});
    if (first == servers.end() || first->first != numbers_of(seen)) return true;
    const bool unique =
        std::next(first) == servers.end() || std::next(first)->first != first->first;
    if (!unique || !is_free(kServer, first->second)) return true;
    found = first->second;
    shared = first->first;
    sender = seen.sender();
    return false;
  });
  if (found == kNoIndex) return;
  bool same_sender = true;
  each_numbered(kServer, found, [&](const Observation& seen) {
    if (numbers_of(seen) != shared) return true;
    same_sender = seen.sender() == sender;
    return false;
  });
  if (!same_sender) align(client, found);
  pair(client, found, MatchBasis::Numbers);
}

/// Sequence and acknowledgement number of one segment are 64 bits, too.
void Matcher::match_midstream() {
  const std::vector<Numbers> servers = numbers_of_server();
  for (std::uint32_t c = 0; c < partner_[kClient].size() && !servers.empty(); ++c) {
    if (is_free(kClient, c)) pair_midstream(c, servers);
  }
}

MatchResult Matcher::take() {
  MatchResult result;
  for (std::uint32_t c = 0; c < partner_[kClient].size(); ++c) {
    if (!is_free(kClient, c)) result.pairs.push_back({{c, partner_[kClient][c]}, basis_[c]});
    result.ambiguous += is_free(kClient, c) && ambiguous_[kClient][c];
  }
  for (const Point point : {kClient, kServer}) {
    for (std::uint32_t i = 0; i < partner_[point].size(); ++i) {
      if (is_free(point, i) && !ambiguous_[point][i]) result.only[point].push_back(i);
    }
  }
  return result;
}

MatchResult match_connections(Trace& client, Trace& server) {
  Matcher matcher(client, server);
  matcher.match_tuples();
  matcher.match_isns();
  matcher.match_midstream();
  matcher.match_rewritten_tuples();
  matcher.match_patterns();
  return matcher.take();
}

}  // namespace synfin
