// The window rule: no record has more bytes than its windows permit, whatever the segments; forged
// segments change nothing; and the fast path equals the state machine.
//
// SYNFIN_SEQUENCES sets the number of random sequences (10^6 take a few minutes under sanitizers).
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <sstream>

#include "support/attacked_conversation.h"
#include "support/fast_path_comparison.h"
#include "support/lab.h"
#include "support/window_model.h"

namespace synfin::test {
namespace {

using Make = AttackedConversation (*)(std::mt19937&, Timestamp&);

/// Sequences that share a table, so that its construction costs little.
constexpr std::size_t kBatch = 250;

std::size_t sequences() {
  const char* wanted = std::getenv("SYNFIN_SEQUENCES");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 10'000;
}

/// The tuple of a sequence: the originator's address differs.
FiveTuple tuple_of(std::size_t sequence) {
  FiveTuple tuple = lab_tuple();
  tuple.orig.address = Address::from_v4(0x0A000000 + static_cast<std::uint32_t>(sequence));
  return tuple;
}

std::string describe(const AttackedConversation& c) {
  std::ostringstream text;
  for (const auto& [s, sender, forged] : c.segments) {
    text << (forged ? "forged " : "       ") << "><"[sender] << ' ' << (s.time - kBegin).count()
         << " flags " << s.flags << " seq " << s.seq << " ack " << s.ack << " length " << s.payload
         << " window " << s.window << " scale " << int{s.window_scale} << '\n';
  }
  return text.str();
}

std::string describe(const ConnectionRecord& r) {
  std::ostringstream text;
  text << to_string(r.state) << ' ' << to_string(r.outcome) << ' ' << r.history.view() << ' '
       << r.orig.bytes << '/' << r.resp.bytes << " packets " << r.orig.packets << '/'
       << r.resp.packets << " out of window " << r.out_of_window << " from "
       << (r.first - kBegin).count();
  return text.str();
}

/// One batch of sequences in a table of its own.
class Batch {
 public:
  Batch(PacketScope scope, Make make, std::mt19937& random) : scope_(scope) {
    Timestamp now = kBegin;
    for (std::size_t i = 0; i < kBatch; ++i) {
      made_.push_back(make(random, now));
      for (auto& captured : made_.back().segments) {
        const FiveTuple tuple = tuple_of(i);
        captured.segment.tuple = captured.sender == 0 ? tuple : tuple.reversed();
      }
      now += std::chrono::seconds{1};
    }
  }

  /// Calls check(sequence, its events) for each sequence.
  template <typename Check>
  void run(Check check) {
    Lab lab({.max_connections = 2048, .scope = scope_});
    for (const AttackedConversation& c : made_) {
      for (const auto& captured : c.segments) {
        if (skipped(captured.segment)) continue;
        lab.feed(captured.segment);
      }
    }
    lab.drain();
    std::map<ConnectionKey, std::vector<const Event*>> events;
    std::uint64_t counted = lab.table().counters().late + lab.table().counters().copies;
    for (const Event& e : lab.events()) {
      events[ConnectionKey::of(e.connection.tuple)].push_back(&e);
      if (e.kind == EventKind::Record)
        counted += e.connection.orig.packets + e.connection.resp.packets;
    }
    EXPECT_EQ(counted, lab.table().counters().segments) << "a packet is in no count";
    for (std::size_t i = 0; i < kBatch && !testing::Test::HasFailure(); ++i)
      check(made_[i], events[ConnectionKey::of(tuple_of(i))]);
  }

  bool skipped(const Segment& s) const {
    return scope_ == PacketScope::Control && (s.flags & kControlFlags) == 0;
  }

  void compare_fast_path(FastPathComparison& comparison) const {
    for (const AttackedConversation& c : made_) {
      for (const auto& captured : c.segments) comparison.feed(captured.segment);
    }
    comparison.clear();
  }

 private:
  PacketScope scope_;
  std::vector<AttackedConversation> made_;
};

/// The bytes of an end: 0 is the one that began the conversation.
std::uint64_t bytes_of(const ConnectionRecord& r, unsigned end) {
  const bool flipped = r.tuple.orig.port == lab_tuple().resp.port;
  return (end == 0) != flipped ? r.orig.bytes : r.resp.bytes;
}

std::vector<const ConnectionRecord*> records_of(const std::vector<const Event*>& events) {
  std::vector<const ConnectionRecord*> records;
  for (const Event* e : events) {
    if (e->kind == EventKind::Record) records.push_back(&e->connection);
  }
  return records;
}

/// Expects no record above the bound of a model that saw all segments from its beginning.
void expect_within_windows(const AttackedConversation& c, const std::vector<const Event*>& events) {
  std::uint64_t packets = 0;
  for (const ConnectionRecord* r : records_of(events)) {
    WindowModel model;
    for (const auto& [s, sender, forged] : c.segments) {
      if (s.time >= r->first) model.observe(s, sender);
    }
    packets += r->orig.packets + r->resp.packets;
    for (unsigned e = 0; e < 2; ++e) {
      EXPECT_LE(bytes_of(*r, e), model.max_bytes(e)) << "end " << e << ": " << describe(*r) << '\n'
                                                     << describe(c);
    }
  }
  EXPECT_LE(packets, c.segments.size());
}

/// The number of an end's control segments, or in an acknowledgement of its peer's.
std::vector<std::uint32_t> numbers_of(const AttackedConversation& c, Timestamp from, unsigned end) {
  std::vector<std::uint32_t> numbers;
  for (const auto& [s, sender, forged] : c.segments) {
    if (s.time < from || (s.flags & kControlFlags) == 0) continue;
    if (sender != end) {
      numbers.push_back(s.ack);
      continue;
    }
    const std::uint32_t size = (s.flags & kRst) != 0 ? 0 : s.payload;
    numbers.push_back(s.seq);
    numbers.push_back(s.seq + size + ((s.flags & kSyn) != 0) + ((s.flags & kFin) != 0));
  }
  return numbers;
}

/// Control packets only: expects no count that two numbers in control packets do not show, and none
/// that would need more than 100 Gbit/s.
void expect_shown_by_control_packets(const AttackedConversation& c,
                                     const std::vector<const Event*>& events) {
  for (const ConnectionRecord* r : records_of(events)) {
    for (unsigned e = 0; e < 2; ++e) {
      const std::uint64_t bytes = bytes_of(*r, e);
      const auto age = static_cast<double>((c.segments.back().segment.time - r->first).count());
      EXPECT_LE(static_cast<double>(bytes), (1 << 20) + 12.5 * age) << describe(*r) << '\n'
                                                                    << describe(c);
      const auto numbers = numbers_of(c, r->first, e);
      const auto shown = [&](std::uint32_t begin) {
        return std::ranges::any_of(numbers, [&](std::uint32_t end) {
          const std::uint32_t extra = end - begin - static_cast<std::uint32_t>(bytes);
          return extra <= 2;  // a SYN and a FIN
        });
      };
      EXPECT_TRUE(bytes == 0 || std::ranges::any_of(numbers, shown))
          << "end " << e << ": " << describe(*r) << '\n'
          << describe(c);
    }
  }
}

/// Expects what both hosts did, whatever the attacker sent.
void expect_truth(const AttackedConversation& c, const std::vector<const Event*>& events) {
  const auto records = records_of(events);
  std::array<std::uint64_t, 2> bytes{};
  std::string text;
  for (const ConnectionRecord* r : records) {
    text += describe(*r) + '\n';
    for (unsigned e = 0; e < 2; ++e) bytes[e] += bytes_of(*r, e);
  }
  if (!c.complete) return;  // an attacker may have been first
  ASSERT_EQ(records.size(), 1u) << text << describe(c);
  for (unsigned e = 0; e < 2; ++e) EXPECT_EQ(bytes[e], c.bytes[e]) << text << describe(c);
  EXPECT_EQ(records[0]->outcome, c.closed ? Outcome::Closed : Outcome::Open) << text << describe(c);
  EXPECT_EQ(records[0]->missed_bytes, 0u) << text << describe(c);
  const auto count = [&](EventKind kind) {
    return std::ranges::count(events, kind, [](const Event* e) { return e->kind; });
  };
  EXPECT_EQ(count(EventKind::Open), 1) << text << describe(c);
  EXPECT_EQ(count(EventKind::Close), c.closed) << text << describe(c);
  EXPECT_EQ(count(EventKind::Reset) + count(EventKind::Aborted), 0) << text << describe(c);
}

/// Runs batches until a failure, with other seeds for each test.
template <typename Check>
void for_all(unsigned seed, PacketScope scope, Make make, Check check) {
  for (std::size_t done = 0; done < sequences(); done += kBatch) {
    SCOPED_TRACE(done);
    std::mt19937 random(seed + static_cast<unsigned>(done) * 31);
    Batch(scope, make, random).run(check);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(WindowRule, HostileSegmentsAddNoMoreThanTheirWindowsPermit) {
  for_all(1, PacketScope::All, hostile_sequence, expect_within_windows);
}

TEST(WindowRule, ForgedSegmentsAddNoMoreThanTheirWindowsPermit) {
  for_all(2, PacketScope::All, attacked_conversation, expect_within_windows);
}

TEST(WindowRule, ForgedSegmentsChangeNothing) {
  for_all(3, PacketScope::All, attacked_conversation, expect_truth);
}

TEST(WindowRule, ControlPacketsShowEveryCount) {
  for_all(5, PacketScope::Control, hostile_sequence, expect_shown_by_control_packets);
  for_all(6, PacketScope::Control, attacked_conversation, expect_shown_by_control_packets);
}

TEST(WindowRule, FastPathEqualsTheStateMachine) {
  for (const PacketScope scope : {PacketScope::All, PacketScope::Control}) {
    FastPathComparison comparison(scope);
    unsigned seed = 1000;
    for (const Make make : {hostile_sequence, attacked_conversation}) {
      for (std::size_t done = 0; done < sequences(); done += kBatch) {
        SCOPED_TRACE(done);
        std::mt19937 random(seed++);
        Batch(scope, make, random).compare_fast_path(comparison);
        if (HasFailure()) return;
      }
    }
    EXPECT_GT(comparison.fast_steps, comparison.segments / 20) << "of " << comparison.segments;
  }
}

}  // namespace
}  // namespace synfin::test
