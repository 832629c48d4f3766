// ConnectionTable against a slow model of its own: a std::map from keys to the connections that
// used them. The model knows which connection a segment belongs to, what it adds, and when it ends.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "support/lab.h"
#include "support/random_segments.h"

namespace synfin::test {
namespace {

constexpr Duration kLinger = std::chrono::seconds{5};

struct ModelConnection {
  FiveTuple tuple;
  Timestamp first{};
  Timestamp end = Timestamp::max();
  std::array<std::uint64_t, 2> packets{};
  std::array<std::uint64_t, 2> ip_bytes{};
  std::array<std::uint32_t, 2> isn{};
  std::array<std::uint32_t, 2> bytes{};
  std::array<bool, 2> syn{};
  std::array<bool, 2> fin{};
  bool acknowledged = false;  ///< the originator acknowledged the SYN-ACK
  bool reset = false;

  bool ended() const { return end != Timestamp::max(); }

  Outcome outcome(PacketScope scope, Timestamp end_of_input) const {
    if (reset) return syn[1] ? Outcome::Reset : Outcome::Refused;
    if (fin[0] || fin[1]) return Outcome::Closed;
    if (syn[1] && (acknowledged || scope == PacketScope::Control)) return Outcome::Open;
    if (end_of_input - first < std::chrono::seconds{3}) return Outcome::Pending;
    return syn[1] ? Outcome::HalfOpen : Outcome::Unanswered;
  }

  void apply(const Segment& s) {
    const unsigned side = s.tuple.orig == tuple.orig ? 0 : 1;
    ++packets[side];
    ip_bytes[side] += s.ip_length;
    if (ended()) return;
    if ((s.flags & kSyn) != 0) {
      isn[side] = s.seq;
      syn[side] = true;
    } else if ((s.flags & kRst) != 0) {
      reset = true;
      end = s.time;
    } else {
      const bool closes = (s.flags & kFin) != 0;
      if (closes || s.payload > 0)
        bytes[side] = std::max(bytes[side], s.seq + s.payload - isn[side] - 1);
      fin[side] |= closes;
      acknowledged |= side == 0 && syn[1];
      if (fin[0] && fin[1]) end = s.time;
    }
  }
};

class Model {
 public:
  void observe(const Segment& s) {
    std::vector<ModelConnection>& uses = connections_[ConnectionKey::of(s.tuple)];
    const bool opens = (s.flags & (kSyn | kAck)) == kSyn;
    if (uses.empty() || (opens && uses.back().ended() && s.seq != uses.back().isn[0])) {
      uses.push_back({.tuple = s.tuple, .first = s.time});
    }
    // After the record is written, stragglers are in no record.
    if (!uses.back().ended() || s.time <= uses.back().end + kLinger) uses.back().apply(s);
  }

  const std::map<ConnectionKey, std::vector<ModelConnection>>& connections() const {
    return connections_;
  }

 private:
  std::map<ConnectionKey, std::vector<ModelConnection>> connections_;
};

void compare(const ConnectionRecord& r, const ModelConnection& m, PacketScope scope,
             Timestamp end_of_input) {
  EXPECT_EQ(r.tuple, m.tuple);
  EXPECT_EQ(to_string(r.outcome), to_string(m.outcome(scope, end_of_input)));
  EXPECT_EQ(r.orig.packets, m.packets[0]);
  EXPECT_EQ(r.resp.packets, m.packets[1]);
  EXPECT_EQ(r.orig.ip_bytes, m.ip_bytes[0]);
  EXPECT_EQ(r.resp.ip_bytes, m.ip_bytes[1]);
  // Without data packets, only two FINs prove both counts.
  if (scope == PacketScope::Control && !(m.fin[0] && m.fin[1])) return;
  EXPECT_EQ(r.orig.bytes, m.bytes[0]);
  EXPECT_EQ(r.resp.bytes, m.bytes[1]);
}

class ModelProperty : public testing::TestWithParam<PacketScope> {};

TEST_P(ModelProperty, EachConnectionHasOneRecordThatEqualsTheModel) {
  std::size_t compared = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Model model;
    Lab lab({.max_connections = 1024, .scope = GetParam(), .linger = kLinger});
    for (const Segment& s : random_conversations(seed, 1500)) {
      if (GetParam() == PacketScope::Control && (s.flags & kControlFlags) == 0) continue;
      model.observe(s);
      lab.feed(s);
    }
    lab.drain();
    std::map<std::tuple<ConnectionKey, Timestamp>, ConnectionRecord> records;
    for (const ConnectionRecord& r : lab.records()) {
      ASSERT_TRUE(records.try_emplace({ConnectionKey::of(r.tuple), r.first}, r).second);
    }
    std::size_t expected = 0;
    for (const auto& [key, uses] : model.connections()) {
      for (const ModelConnection& m : uses) {
        const auto found = records.find({key, m.first});
        ASSERT_NE(found, records.end());
        compare(found->second, m, GetParam(), lab.table().now());
        ++expected;
      }
    }
    ASSERT_EQ(records.size(), expected);
    if (HasFailure()) return;
    compared += expected;
  }
  EXPECT_GT(compared, 1000u);
}

INSTANTIATE_TEST_SUITE_P(Scopes, ModelProperty,
                         testing::Values(PacketScope::All, PacketScope::Control),
                         [](const auto& scope) {
                           return scope.param == PacketScope::All ? "All" : "Control";
                         });

}  // namespace
}  // namespace synfin::test
