/// \file
/// Matcher: the steps of match_connections(). Each step pairs what the steps before it left over.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "path/match.h"

namespace synfin {

class Matcher {
 public:
  Matcher(Trace& client, Trace& server);

  void match_tuples();
  void match_isns();
  void match_midstream();
  /// In match_patterns.cc.
  void match_rewritten_tuples();
  void match_patterns();
  MatchResult take();

 private:
  using Index = std::map<std::uint64_t, std::vector<std::uint32_t>>;

  bool is_free(Point point, std::uint32_t connection) const {
    return partner_[point][connection] == kNoIndex;
  }
  const TracedConnection& at(Point point, std::uint32_t connection) const {
    return trace_[point]->connections()[connection];
  }
  void pair(std::uint32_t client, std::uint32_t server, MatchBasis basis);
  /// Pairs two connections of one tuple if their numbers fit.
  bool pair_same(std::uint32_t client, std::uint32_t server);
  void align(std::uint32_t client, std::uint32_t server);
  bool same_numbers(const TracedConnection& c, const TracedConnection& s, bool exchanged) const;
  bool shares_an_end(const TracedConnection& c, const TracedConnection& s) const;
  Index index_isns(Point point) const;
  Index index_patterns(Point point) const;
  /// A segment's numbers and the connection that it belongs to, or kNoIndex if two have it.
  using Numbers = std::pair<std::uint64_t, std::uint32_t>;
  template <typename Use>
  void each_numbered(Point point, std::uint32_t connection, Use&& use) const;
  std::vector<Numbers> numbers_of_server() const;
  void pair_midstream(std::uint32_t client, const std::vector<Numbers>& servers);
  std::optional<Duration> common_offset(const Index& client, const Index& server) const;
  void pair_by_time(const std::vector<std::uint32_t>& client,
                    const std::vector<std::uint32_t>& server, Duration offset);

  std::array<Trace*, 2> trace_;
  std::array<std::vector<std::uint32_t>, 2> partner_;
  std::vector<MatchBasis> basis_;               ///< of the client's connections
  std::array<std::vector<bool>, 2> ambiguous_;  ///< several of the other capture fit
};

}  // namespace synfin
