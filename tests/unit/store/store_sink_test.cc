// The sink: records become batches of their day, changes and gaps rows of their tables, and a live
// spool that is full is counted instead of waited for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <thread>

#include "store/block.h"
#include "store/spool.h"
#include "store/spool_thread.h"
#include "store/tables.h"
#include "support/event_samples.h"
#include "synfin/store/store.h"

namespace synfin::test {
namespace {

using testing::HasSubstr;

class StoreSinkTest : public testing::Test {
 protected:
  StoreSinkTest() {
    options_.spool =
        std::filesystem::temp_directory_path() / ("synfin-store-sink-" + std::to_string(getpid()));
    std::filesystem::create_directories(options_.spool);
    options_.url = "clickhouse://localhost/synfin";
  }
  ~StoreSinkTest() override { std::filesystem::remove_all(options_.spool); }

  std::unique_ptr<StoreSink> open(bool live) {
    auto sink = open_store_sink(options_, {.live = live, .gauges = gauges_});
    return sink ? std::move(*sink) : nullptr;
  }
  static void deliver(EventSink& sink, const std::vector<Event>& events) {
    const Annotations about;
    sink.on_events(annotated(events, about));
  }
  /// "connections 2, runs 1": the rows of each batch.
  std::string batches() const {
    std::string text;
    const auto files = list_spool(options_.spool);
    if (!files) return {};
    for (const SpoolFile& file : *files) {
      auto batch = SpoolFileReader::open(options_.spool, file);
      RowBuffer blocks;
      if (!batch || !batch->append_blocks(blocks) || !decompress_blocks(blocks.view()))
        return "damaged";
      text += (text.empty() ? "" : ", ") + std::string(to_string(batch->header().table)) + " " +
              std::to_string(batch->header().rows);
    }
    return text;
  }

  std::uint64_t rows_of(StoreTable table) const {
    std::uint64_t rows = 0;
    const auto files = list_spool(options_.spool);
    if (!files) return {};
    for (const SpoolFile& file : *files) {
      const auto batch = SpoolFileReader::open(options_.spool, file);
      if (batch && batch->header().table == table) rows += batch->header().rows;
    }
    return rows;
  }

  Gauges gauges_;
  StoreOptions options_;
};

TEST_F(StoreSinkTest, RecordsAreStoredAndOtherEventsAreNot) {
  auto sink = open(false);
  ASSERT_NE(sink, nullptr);
  deliver(*sink, {event_of(EventKind::Syn), event_of(EventKind::Record, 1),
                  event_of(EventKind::Fin), event_of(EventKind::Record, 2)});
  EXPECT_TRUE(sink->finish({}));
  EXPECT_EQ(batches(), "connections 2, runs 1");
  EXPECT_TRUE(gauges_.store.used);
}

TEST_F(StoreSinkTest, ABatchHoldsOneDay) {
  auto sink = open(false);
  Event next_day = event_of(EventKind::Record, 2);
  next_day.connection.first += std::chrono::hours{24};
  next_day.connection.last += std::chrono::hours{24};
  deliver(*sink, {event_of(EventKind::Record, 1), next_day, event_of(EventKind::Record, 3)});
  EXPECT_TRUE(sink->finish({}));
  EXPECT_EQ(batches(), "connections 2, connections 1, runs 1");
}

TEST_F(StoreSinkTest, ChangesAndGapsAreStored) {
  auto sink = open(true);
  Change change;
  change.time = event_of(EventKind::Record).time;
  change.id = "0123456789abcdef";
  sink->add_change(change);
  sink->add_gap("eth0 is down");
  EXPECT_TRUE(sink->finish({}));
  EXPECT_THAT(batches(), HasSubstr("changes 1"));
  EXPECT_THAT(batches(), HasSubstr("gaps 1"));
  EXPECT_THAT(batches(), HasSubstr("counters 1"));
}

TEST_F(StoreSinkTest, OtherThreadsAddWhileRecordsArrive) {
  constexpr int kEach = 500;
  auto sink = open(true);
  std::thread inventory([&] {
    Change change;
    change.time = event_of(EventKind::Record).time;
    change.id = "0123456789abcdef";
    for (int i = 0; i < kEach; ++i) sink->add_change(change);
  });
  std::thread capture([&] {
    for (int i = 0; i < kEach; ++i) sink->add_gap("eth0 is down");
  });
  const Event event = event_of(EventKind::Record);
  for (int i = 0; i < kEach; ++i) {
    deliver(*sink, {event});
    sink->on_tick(event.time);
  }
  inventory.join();
  capture.join();
  EXPECT_TRUE(sink->finish({}));
  for (const StoreTable table : {StoreTable::Connections, StoreTable::Changes, StoreTable::Gaps})
    EXPECT_EQ(rows_of(table), static_cast<std::uint64_t>(kEach)) << to_string(table);
}

TEST_F(StoreSinkTest, ALiveSpoolThatIsFullIsCounted) {
  options_.spool_bytes = 10;
  auto sink = open(true);
  deliver(*sink, {event_of(EventKind::Record, 1), event_of(EventKind::Record, 2)});
  const Status finished = sink->finish({});
  ASSERT_FALSE(finished);
  EXPECT_THAT(finished.error().message, HasSubstr("the spool was full"));
  EXPECT_EQ(batches(), "");
  EXPECT_EQ(gauges_.store.spool_limit, 10u);
}

TEST_F(StoreSinkTest, ASpoolThatCannotBeWrittenIsReportedOnceAndIsNotFull) {
  auto spool = SpoolWriter::open(options_.spool, 1 << 20);
  ASSERT_TRUE(spool);
  SpoolThread thread(std::move(*spool), false);
  const auto write = [&] {
    auto batch = thread.take_empty(StoreTable::Gaps);
    batch->header.batch = thread.begin_batch();
    auto writer = batch->rows.add_row();
    visit_columns(writer, RowOrigin{"sensor", thread.stream(), batch->header.batch}, GapRow{});
    thread.write(std::move(batch));
    thread.drain();
    return thread.take_failure().value_or(Error{}).message;
  };
  EXPECT_EQ(write(), "");
  const std::string away = options_.spool + ".away";
  for (int round = 0; round < 2; ++round) {
    std::filesystem::rename(options_.spool, away);
    EXPECT_THAT(write(), HasSubstr("cannot write")) << "round " << round;
    EXPECT_EQ(write(), "");
    const auto lost = thread.take_lost();
    EXPECT_EQ(lost.full, 0u);
    EXPECT_EQ(lost.failed, 2u);
    EXPECT_TRUE(lost.failing);
    EXPECT_TRUE(thread.take_lost().failing) << "nothing was written since";
    std::filesystem::rename(away, options_.spool);
    EXPECT_EQ(write(), "");
    EXPECT_EQ(thread.take_lost().failed, 0u);
    EXPECT_FALSE(thread.take_lost().failing);
  }
}

TEST_F(StoreSinkTest, ConnectionsThatLastAreStoredWhileTheyAreOpen) {
  ConnectionTable table({.max_connections = 16});
  EventBuffer events(64);
  const Timestamp begin = timestamp_from_ns(1'772'366'400'000'000'000);
  const auto tuple = event_of(EventKind::Record).connection.tuple;
  auto other = tuple;
  ++other.orig.port;
  const std::array<KnownConnection, 2> known{
      KnownConnection{tuple, begin}, KnownConnection{other, begin + std::chrono::seconds{100}}};
  table.adopt(known, events);
  TableSnapshot snapshot;
  auto opened = open_store_sink(options_, {.live = true, .gauges = gauges_, .snapshot = &snapshot});
  ASSERT_TRUE(opened);
  StoreSink& sink = **opened;
  const auto tick = [&](int seconds) {
    const Timestamp now = begin + std::chrono::seconds{seconds};
    sink.on_tick(now);
    snapshot.answer(table, now);
  };
  for (const int seconds : {1, 61, 62, 121, 122}) tick(seconds);
  Event ended = event_of(EventKind::Record);
  ended.time += std::chrono::seconds{95};
  ended.connection.last = ended.connection.first + std::chrono::seconds{90};
  Event silent = event_of(EventKind::Record);  // open until a time-out, long after its last packet
  silent.time += std::chrono::seconds{130};
  deliver(sink, {ended, silent, event_of(EventKind::Record)});
  EXPECT_TRUE(sink.finish({}));
  // The first connection at 61 and at 121 s, and the ends of two that were open for a minute.
  EXPECT_EQ(rows_of(StoreTable::OpenConnections), 4u);
}

TEST_F(StoreSinkTest, MoreOpenConnectionsThanASnapshotHoldsAreReportedOnce) {
  constexpr std::size_t kOpen = TableSnapshot::kMaxRows + 10;
  ConnectionTable table({.max_connections = 2 * kOpen});
  EventBuffer events(64);
  const Timestamp begin = timestamp_from_ns(1'772'366'400'000'000'000);
  auto tuple = event_of(EventKind::Record).connection.tuple;
  for (std::size_t i = 0; i < kOpen; ++i) {
    tuple.orig.port = static_cast<std::uint16_t>(1000 + i);
    const std::array<KnownConnection, 1> known{KnownConnection{tuple, begin}};
    events.clear();
    ASSERT_EQ(table.adopt(known, events), 1u);
  }
  TableSnapshot snapshot;
  auto opened = open_store_sink(options_, {.live = true, .gauges = gauges_, .snapshot = &snapshot});
  ASSERT_TRUE(opened);
  StoreSink& sink = **opened;
  testing::internal::CaptureStderr();
  for (const int seconds : {1, 61, 62, 121, 122}) {
    const Timestamp now = begin + std::chrono::seconds{seconds};
    sink.on_tick(now);
    snapshot.answer(table, now);
  }
  EXPECT_TRUE(sink.finish({}));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("more than 16384 connections are open"));
  EXPECT_EQ(said.find("more than"), said.rfind("more than")) << said;
  EXPECT_EQ(rows_of(StoreTable::OpenConnections), 2 * TableSnapshot::kMaxRows);
}

TEST_F(StoreSinkTest, TheSpoolOfAnotherRunIsRefused) {
  auto first = open(false);
  const auto second = open_store_sink(options_, {.live = false, .gauges = gauges_});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("--spool"));
}

}  // namespace
}  // namespace synfin::test
