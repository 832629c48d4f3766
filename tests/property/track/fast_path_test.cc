// The fast path changes a slot exactly as the state machine does and causes the same events: on
// every available capture and on random conversations, for both packet scopes.
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "support/captures_at_hand.h"
#include "support/fast_path_comparison.h"
#include "support/lab.h"
#include "synfin/capture/savefile.h"
#include "synfin/decode/decoder.h"
#include "track/lifecycle.h"

namespace synfin::test {
namespace {

void feed_capture(const std::filesystem::path& path, FastPathComparison& comparison) {
  auto source = open_savefile(path.string(), SavefileOptions{});
  if (!source) return;
  Decoder decoder{DecodeOptions{}};
  std::vector<Packet> packets(64);
  std::vector<Segment> segments(64);
  while (!(*source)->ended()) {
    const std::size_t read = (*source)->next_batch(packets);
    const std::size_t decoded = decoder.decode(std::span(packets).first(read), segments);
    for (std::size_t i = 0; i < decoded; ++i) comparison.feed(segments[i]);
  }
}

/// Two ends that mostly send the next segment in order, and sometimes another one.
std::vector<Segment> conversation(std::mt19937& random) {
  const auto one_in = [&](unsigned n) { return random() % n == 0; };
  std::uint32_t next[2] = {static_cast<std::uint32_t>(random()),
                           static_cast<std::uint32_t>(random())};
  if (one_in(4)) next[random() % 2] = 0xFFFFFFFF - static_cast<std::uint32_t>(random() % 2000);
  std::vector<Segment> out;
  double now = 0;
  for (unsigned i = 0; i < 4 + random() % 20; ++i) {
    const unsigned e = i < 3 && !one_in(20) ? i % 2 : random() % 2;
    Segment s;
    now += one_in(30) ? -0.1 : 0.01;
    s.time = at(now);
    s.tuple = e == 0 ? lab_tuple() : lab_tuple().reversed();
    s.flags = i == 0 ? kSyn : i == 1 ? kSyn | kAck : one_in(4) ? kFin | kAck : kAck;
    if (one_in(25)) s.flags = static_cast<std::uint16_t>(random() % 32);
    s.payload = i > 1 && one_in(2) ? static_cast<std::uint32_t>(random() % 1400) : 0;
    s.seq = next[e] + (one_in(25) ? static_cast<std::uint32_t>(random() % 3000) - 1500 : 0);
    s.ack = (s.flags & kAck) != 0 ? next[e ^ 1u] - (one_in(10) ? 1 : 0) : 0;
    s.ip_length = one_in(500) ? 0xFFFFFF00 : 40 + s.payload;
    s.window = one_in(40) ? 0 : 1000;
    s.ttl = static_cast<std::uint8_t>(60 + random() % 4);
    next[e] = s.seq + s.payload + ((s.flags & kSyn) != 0) + ((s.flags & kFin) != 0);
    out.push_back(s);
  }
  return out;
}

class FastPathProperty : public testing::TestWithParam<PacketScope> {};

TEST_P(FastPathProperty, EqualsTheStateMachineOnCaptures) {
  std::vector<std::filesystem::path> captures = captures_under(SYNFIN_SOURCE_DIR "/pcaps");
  for (const auto& path : captures_under(oracle_folder())) captures.push_back(path);
  std::size_t segments = 0;
  std::size_t fast_steps = 0;
  for (const auto& path : captures) {
    SCOPED_TRACE(path.string());
    FastPathComparison comparison(GetParam());
    feed_capture(path, comparison);
    segments += comparison.segments;
    fast_steps += comparison.fast_steps;
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(fast_steps, segments / 4) << "of " << segments;
}

TEST_P(FastPathProperty, EqualsTheStateMachineOnConversations) {
  std::mt19937 random(7);
  std::size_t segments = 0;
  std::size_t fast_steps = 0;
  for (unsigned i = 0; i < 20'000; ++i) {
    SCOPED_TRACE(i);
    FastPathComparison comparison(GetParam());
    for (const Segment& s : conversation(random)) comparison.feed(s);
    segments += comparison.segments;
    fast_steps += comparison.fast_steps;
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(fast_steps, segments / 4) << "of " << segments;
}

INSTANTIATE_TEST_SUITE_P(Scopes, FastPathProperty,
                         testing::Values(PacketScope::All, PacketScope::Control),
                         [](const auto& scope) {
                           return scope.param == PacketScope::All ? "All" : "Control";
                         });

/// An open connection and data that continues it.
TEST(FastPath, LeavesOverflowsAndNumbersAheadToTheStateMachine) {
  DetailPool details(1);
  const Lifecycle lifecycle(PacketScope::All, details);
  const Segment data = segment({0.3, '>', "A", 1001, 5001, 100});
  Slot slot;
  Lifecycle::begin_with_syn(slot, segment({0.0, '>', "S", 1000}), 0);
  ASSERT_TRUE(lifecycle.apply_first_synack(slot, segment({0.1, '<', "SA", 5000, 1001}), 1));
  ASSERT_EQ(lifecycle.apply_fast_path(slot, segment({0.2, '>', "A", 1001, 5001}), 0),
            FastPath::Opened);
  const auto result_of = [&](const std::function<void(Slot&, Segment&)>& change) {
    Slot changed = slot;
    Segment s = data;
    change(changed, s);
    return lifecycle.apply_fast_path(changed, s, 0);
  };
  EXPECT_EQ(result_of([](Slot&, Segment&) {}), FastPath::Counted);
  EXPECT_EQ(result_of([](Slot& c, Segment&) { c.side[0].set_packets(0xFFFFF); }), FastPath::No);
  EXPECT_EQ(result_of([](Slot& c, Segment&) { c.side[0].set_packets(0xFFFFE); }),
            FastPath::Counted);
  EXPECT_EQ(result_of([](Slot& c, Segment& s) { c.side[0].ip_bytes = 0u - s.ip_length; }),
            FastPath::No);
  EXPECT_EQ(result_of([](Slot& c, Segment& s) { c.side[0].last = s.seq = 0xFFFFFF9C; }),
            FastPath::No);
  EXPECT_EQ(result_of([](Slot&, Segment& s) { s.payload = 1 << 24; }), FastPath::No);
  EXPECT_EQ(result_of([](Slot&, Segment& s) { s.payload = 0xF0000000; }), FastPath::No);
  EXPECT_EQ(result_of([](Slot&, Segment& s) { s.window = 0; }), FastPath::No);
  EXPECT_EQ(result_of([](Slot&, Segment& s) { ++s.ack; }), FastPath::No);
  EXPECT_EQ(result_of([](Slot&, Segment& s) { s.ack += 0x80000000; }), FastPath::No);
  EXPECT_EQ(result_of([](Slot& c, Segment&) { c.side_flags[1].hole = 1; }), FastPath::No);
  EXPECT_EQ(result_of([](Slot& c, Segment&) { c.side_flags[0].ack_ahead = 1; }), FastPath::No);
  EXPECT_EQ(result_of([](Slot& c, Segment&) { c.flags.unreachable = 1; }), FastPath::No);
  EXPECT_EQ(result_of([](Slot& c, Segment&) { c.flags.ended = 1; }), FastPath::No) << "by an RST";
}

}  // namespace
}  // namespace synfin::test
