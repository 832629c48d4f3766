// The connection table at scale: the cost of a packet among ten thousand and among ten million open
// connections, memory that follows the number of open connections, and a flood that evicts nobody.
//
// Segments are computed: connection i is a function of i. Times are processor time of this thread;
// the tests compare ratios only.
#include <gtest/gtest.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <vector>

#include "synfin/base/mix.h"
#include "synfin/track/connection_table.h"

namespace synfin {
namespace {

constexpr std::uint64_t kTenThousand = 10'000;
constexpr std::uint64_t kTenMillion = 10'000'000;
constexpr std::uint64_t kFlood = 50'000'000;
/// The greatest permitted cost of a packet among ten million connections, relative to ten thousand.
/// Cache misses cause the growth.
constexpr double kMaxGrowth = 3.0;

constexpr Timestamp kBegin = timestamp_from_ns(1'700'000'000'000'000'000);

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

bool has_memory(std::uint64_t bytes) {
  struct sysinfo info {};
  return sysinfo(&info) == 0 &&
         std::uint64_t{info.freeram + info.bufferram} * info.mem_unit > bytes;
}

/// Connection `i`: a distinct client and one of 64 K servers.
FiveTuple tuple_of(std::uint64_t i) {
  const std::uint64_t spread = mix64(i, 0x9E3779B97F4A7C15);
  return {{Address::from_v4(0x0A000000 + static_cast<std::uint32_t>(i >> 8)),
           static_cast<std::uint16_t>(1024 + (i & 0xFF))},
          {Address::from_v4(0xC6330000 + static_cast<std::uint32_t>(spread & 0xFFFF)), 443}};
}

Segment segment(std::uint64_t i, bool from_orig, std::uint16_t flags, std::uint32_t payload = 0) {
  Segment s;
  s.tuple = from_orig ? tuple_of(i) : tuple_of(i).reversed();
  s.flags = flags;
  s.seq = (from_orig ? 1000u : 5000u) + ((flags & kSyn) == 0);
  s.ack = (flags & kAck) == 0 ? 0 : (from_orig ? 5001u : 1001u);
  s.payload = payload;
  s.ip_length = 40 + payload;
  s.window = 1000;
  s.ttl = 64;
  return s;
}

/// A table and the time of its packets.
class Feed {
 public:
  explicit Feed(std::size_t max_connections, EventMask events = EventMask::only(EventKind::Record))
      : table_(options(max_connections, events)), buffer_(256) {
    batch_.reserve(kBatch);
  }

  /// The next packet, `gap` after the one before.
  void give(Segment s, Duration gap) {
    now_ += gap;
    s.time = now_;
    batch_.push_back(s);
    if (batch_.size() == kBatch) flush();
  }

  void flush() {
    for (std::span<const Segment> rest = batch_; !rest.empty();) {
      rest = rest.subspan(table_.observe(rest, buffer_));
      collect();
    }
    batch_.clear();
  }

  void drain() {
    flush();
    while (!table_.drain(buffer_)) collect();
    collect();
  }

  const ConnectionTable& table() const { return table_; }
  std::uint64_t whole = 0;     ///< records of connections that were established
  std::uint64_t cut = 0;       ///< of them, evicted before their end
  std::uint64_t attempts = 0;  ///< all other records

 private:
  static constexpr std::size_t kBatch = 256;

  static TableOptions options(std::size_t max_connections, EventMask events) {
    TableOptions o;
    o.max_connections = max_connections;
    o.events = events;
    o.seed = 20'260'301;
    return o;
  }

  void collect() {
    for (const Event& event : buffer_.events()) {
      const ConnectionRecord& r = event.connection;
      const bool established = r.outcome == Outcome::Open || r.outcome == Outcome::Closed;
      whole += established;
      cut += established && r.evicted;
      attempts += !established;
    }
    buffer_.clear();
  }

  ConnectionTable table_;
  EventBuffer buffer_;
  std::vector<Segment> batch_;
  Timestamp now_ = kBegin;
};

void open_connection(Feed& feed, std::uint64_t i, Duration gap) {
  feed.give(segment(i, true, kSyn), gap);
  feed.give(segment(i, false, kSyn | kAck), gap);
  feed.give(segment(i, true, kAck), gap);
}

/// A table with `count` open connections, and acknowledgements on random ones.
class Among {
 public:
  explicit Among(std::uint64_t count) : count_(count), feed_(kTenMillion + kTenMillion / 4) {
    for (std::uint64_t i = 0; i < count; ++i) open_connection(feed_, i, Duration{10});
    feed_.flush();
    EXPECT_EQ(feed_.table().open(), count);
  }

  /// Returns the mean cost of a packet among `packets`.
  double seconds_each(std::uint64_t packets) {
    const double begin = processor_seconds();
    for (const std::uint64_t end = given_ + packets; given_ < end; ++given_) {
      feed_.give(segment(mix64(given_, 0xD1B54A32D192ED03) % count_, false, kAck), Duration{10});
    }
    feed_.flush();
    const double each = (processor_seconds() - begin) / static_cast<double>(packets);
    EXPECT_EQ(feed_.table().counters().evicted, 0u);
    return each;
  }

 private:
  std::uint64_t count_;
  Feed feed_;
  std::uint64_t given_ = 0;
};

/// Measures both tables in short turns, because the speed of the machine may change by half from
/// one second to the next.
TEST(Scale, APacketAmongTenMillionConnectionsCostsAtMostThriceWhatItCostsAmongTenThousand) {
  constexpr std::uint64_t kTurn = 200'000;
  if (!has_memory(kTenMillion * 170)) GTEST_SKIP() << "needs 1.7 GB of free memory";
  Among few(kTenThousand);
  Among many(kTenMillion);
  std::array<double, 41> growth{};
  std::array<double, growth.size()> large{};
  for (std::size_t i = 0; i < growth.size(); ++i) {
    large[i] = many.seconds_each(kTurn);
    growth[i] = large[i] / few.seconds_each(kTurn);
  }
  std::sort(growth.begin(), growth.end());
  std::sort(large.begin(), large.end());
  const double median = growth[growth.size() / 2];
  std::printf("%.1f ns among 10 M, %.2f times what it is among 10 k\n",
              large[large.size() / 2] * 1e9, median);
  EXPECT_LT(median, kMaxGrowth) << "the median of " << growth.size() << " pairs";
}

TEST(Scale, MemoryFollowsWhatIsOpen) {
  const std::uint64_t before = resident_bytes();
  Feed feed(kTenMillion);
  for (std::uint64_t i = 0; i < kTenThousand; ++i) open_connection(feed, i, Duration{10});
  feed.flush();
  // All lines of the index are touched, one for eleven entries; slots only as far as they are used.
  EXPECT_LT(resident_bytes() - before, kTenMillion * 64 / 11 + (std::uint64_t{32} << 20));
}

TEST(Scale, FiftyMillionSpoofedSynsPushOutNoRealConnection) {
  const std::size_t room = std::size_t{1} << 20;
  if (!has_memory(room * 130)) GTEST_SKIP() << "needs 140 MB of free memory";
  Feed feed(room);
  const std::uint64_t spoofed = std::uint64_t{1}
                                << 24;  // after the numbers of the real connections
  const std::uint64_t share = kFlood / kTenThousand;
  for (std::uint64_t i = 0; i < kTenThousand; ++i) {
    open_connection(feed, i, Duration{1000});
    for (std::uint64_t n = 0; n < share; ++n) {
      Segment syn = segment(0, true, kSyn);
      const std::uint64_t number = spoofed + i * share + n;
      syn.tuple.orig = {Address::from_v4(static_cast<std::uint32_t>(mix64(number, 7))),
                        static_cast<std::uint16_t>(number)};
      feed.give(syn, Duration{1000});
    }
  }
  EXPECT_LE(feed.table().memory(), room * 128);
  for (std::uint64_t i = 0; i < kTenThousand; ++i) {
    feed.give(segment(i, true, kFin | kAck), Duration{1000});
    Segment fin = segment(i, false, kFin | kAck);
    fin.ack = 1002;
    feed.give(fin, Duration{1000});
  }
  feed.drain();
  EXPECT_EQ(feed.whole, kTenThousand);
  EXPECT_EQ(feed.cut, 0u);
  EXPECT_GT(feed.attempts, kFlood * 9 / 10);  // few tuples repeat
}

}  // namespace
}  // namespace synfin
