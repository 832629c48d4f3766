// For random segments: the same events for any batch size and hash seed, and exactly one record for
// every connection.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "support/lab.h"
#include "support/random_segments.h"
#include "synfin/base/time.h"
#include "synfin/enrich/identifiers.h"

namespace synfin::test {
namespace {

std::string describe(const Event& e) {
  const ConnectionRecord& r = e.connection;
  std::ostringstream text;
  text << to_string(e.kind) << ' ' << to_string(e.side) << ' ' << to_ns(e.time) << ' '
       << r.tuple.orig.address.to_string() << ' ' << r.tuple.orig.port << ' '
       << r.tuple.resp.address.to_string() << ' ' << r.tuple.resp.port << ' ' << to_ns(r.first)
       << ' ' << to_ns(r.last) << ' ' << to_string(r.state) << ' ' << to_string(r.outcome) << ' '
       << r.history.view() << ' ' << r.orig.bytes << ' ' << r.resp.bytes << ' ' << r.orig.packets
       << ' ' << r.resp.packets << ' ' << r.missed_bytes << ' ' << r.syn_retries << ' ' << r.evicted
       << r.reused << '\n';
  return text.str();
}

/// The output of one run.
struct Trace {
  std::string text;
  std::string records;                        ///< of `text`, the lines of records
  std::size_t open = 0;                       ///< open connections after the last segment
  std::uint64_t packets = 0;                  ///< in all records
  std::set<std::string> uids;                 ///< of all events
  std::map<std::string, int> records_by_uid;  ///< how many records each connection has
  TableCounters counters;
};

Trace run(const std::vector<Segment>& segments, TableOptions options, std::size_t batch,
          std::size_t room) {
  ConnectionTable table(options);
  EventBuffer buffer(room);
  Trace trace;
  const auto collect = [&] {
    for (const Event& e : buffer.events()) {
      const std::string uid{Uid(e.connection.tuple, e.connection.first).view()};
      trace.text += describe(e);
      trace.uids.insert(uid);
      if (e.kind != EventKind::Record) continue;
      trace.records += describe(e);
      ++trace.records_by_uid[uid];
      trace.packets += e.connection.orig.packets + e.connection.resp.packets;
    }
    buffer.clear();
  };
  std::span<const Segment> rest = segments;
  while (!rest.empty()) {
    const auto now = rest.first(std::min(batch, rest.size()));
    const std::size_t done = table.observe(now, buffer);
    if (done < now.size()) collect();
    rest = rest.subspan(done);
  }
  trace.open = table.open();
  while (!table.drain(buffer)) collect();
  collect();
  trace.counters = table.counters();
  return trace;
}

class Determinism : public testing::TestWithParam<std::tuple<unsigned, PacketScope, std::size_t>> {
 protected:
  Determinism() {
    options_.scope = std::get<PacketScope>(GetParam());
    options_.max_connections = std::get<std::size_t>(GetParam());
  }

  const unsigned seed_ = std::get<unsigned>(GetParam());
  const std::vector<Segment> segments_ = random_segments(seed_, 6'000);
  TableOptions options_;
};

TEST_P(Determinism, SameEventsForAnyBatchSizeAndSeed) {
  const Trace one = run(segments_, options_, 1, 6);
  EXPECT_FALSE(one.text.empty());
  for (const std::size_t batch : {16, 64, 1000}) {
    options_.seed = seed_ * 7919 + batch;
    const Trace other = run(segments_, options_, batch, 6 + batch % 50);
    ASSERT_EQ(one.text == other.text, true) << "batches of " << batch << " give other events";
  }
}

TEST_P(Determinism, SameRecordsIfNoOtherEventsAreWanted) {
  const Trace all = run(segments_, options_, 64, 100);
  options_.events = EventMask::only(EventKind::Record);
  const Trace records = run(segments_, options_, 64, 100);
  EXPECT_EQ(records.text, records.records);
  EXPECT_EQ(records.records == all.records, true);
  EXPECT_EQ(records.open, all.open);
}

// When the first attempt times out, the second becomes a connection that is due at once. It must
// wait for the next pass over its queue, also if the buffer was full in between.
TEST(Expiry, GivesTheSameEventsForAnyRoom) {
  const auto from = [](std::uint32_t host, double time, std::uint16_t flags, std::uint32_t seq) {
    Segment s;
    s.time = at(time);
    s.tuple = {{Address::from_v4(0xC0000200 + host), 40000}, {Address::from_v4(0xC6336401), 80}};
    s.flags = flags;
    s.seq = seq;
    s.ip_length = 40;
    s.window = 100;
    return s;
  };
  const std::vector<Segment> segments = {from(1, 0, kAck, 1000),   from(1, 1, kSyn, 900'000),
                                         from(2, 1, kAck, 1000),   from(3, 1.5, kAck, 1000),
                                         from(9, 100, kAck, 1000), from(9, 101, kAck, 1000),
                                         from(9, 130, kAck, 1000), from(9, 131, kAck, 1000)};
  TableOptions options;
  options.scope = PacketScope::All;
  options.idle_timeout = std::chrono::seconds{20};
  options.syn_timeout = std::chrono::seconds{5};
  const Trace at_once = run(segments, options, 100, 100);
  const Trace in_pieces = run(segments, options, 100, ConnectionTable::kMaxEventsPerSegment);
  EXPECT_EQ(at_once.counters.records, 6u) << at_once.text;
  EXPECT_EQ(at_once.text, in_pieces.text);
}

TEST_P(Determinism, EveryConnectionEndsOnce) {
  Trace trace = run(segments_, options_, 16, 100);
  for (const std::string& uid : trace.uids) EXPECT_EQ(trace.records_by_uid[uid], 1) << uid;
  EXPECT_EQ(trace.records_by_uid.size(), trace.counters.connections);
  EXPECT_EQ(trace.counters.connections, trace.counters.records);
  EXPECT_LE(trace.packets, trace.counters.segments);
}

INSTANTIATE_TEST_SUITE_P(Table, Determinism,
                         testing::Combine(testing::Range(1u, 4u),
                                          testing::Values(PacketScope::All, PacketScope::Control),
                                          testing::Values(std::size_t{16}, std::size_t{1024})));

}  // namespace
}  // namespace synfin::test
