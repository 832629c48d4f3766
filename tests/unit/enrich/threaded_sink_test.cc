// A sink on its own thread: nothing is lost offline; live, display-only events are dropped while
// the queue is full and records never are; failures reach the owner.
#include "synfin/enrich/threaded_sink.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <semaphore>
#include <stdexcept>

#include "support/event_samples.h"
#include "support/fake_sink.h"

namespace synfin::test {
namespace {

/// Handles one batch for each permit.
struct GatedSink : FakeSink {
  void on_events(std::span<const AnnotatedEvent> batch) override {
    entered.release();
    permits.acquire();
    FakeSink::on_events(batch);
  }
  std::counting_semaphore<> permits{0}, entered{0};
};

struct FailingSink : FakeSink {
  void on_events(std::span<const AnnotatedEvent> /*batch*/) override {
    throw std::runtime_error("the server is gone");
  }
};

/// Its count outlives it.
struct CountingSink : FakeSink {
  explicit CountingSink(std::size_t& count) : delivered(count) {}
  void on_events(std::span<const AnnotatedEvent> batch) override { delivered += batch.size(); }
  std::size_t& delivered;
};

void deliver(EventSink& sink, const std::vector<Event>& events) {
  const Annotations about;
  sink.on_events(annotated(events, about));
}

std::size_t count(const FakeSink& sink, EventKind kind) {
  return static_cast<std::size_t>(std::count(sink.kinds.begin(), sink.kinds.end(), kind));
}

TEST(ThreadedSink, DeliversEverythingInOrderOffline) {
  auto owned = std::make_unique<FakeSink>();
  FakeSink& inner = *owned;
  ThreadedSink sink(std::move(owned), {.batches = 2});
  for (std::uint16_t port = 0; port < 1000; ++port) deliver(sink, {event_of(EventKind::Syn, port)});
  ASSERT_TRUE(sink.finish({}));
  ASSERT_EQ(inner.kept.size(), 1000u);
  for (std::uint16_t port = 0; port < 1000; ++port)
    EXPECT_EQ(inner.kept[port].events()[0].event.connection.tuple.orig.port, port);
  EXPECT_EQ(sink.dropped(), 0u);
}

TEST(ThreadedSink, AFullQueueBlocksOffline) {
  auto owned = std::make_unique<GatedSink>();
  GatedSink& inner = *owned;
  ThreadedSink sink(std::move(owned), {.batches = 2});
  std::atomic<int> delivered{0};
  std::thread producer([&] {
    for (int i = 0; i < 4; ++i, ++delivered) deliver(sink, {event_of(EventKind::Syn)});
  });
  inner.entered.acquire();  // the first batch has left the queue's front, not its buffer
  while (delivered < 1) std::this_thread::yield();
  EXPECT_LT(delivered, 3) << "two buffers hold two batches";
  inner.permits.release(4);
  producer.join();
  EXPECT_TRUE(sink.finish({}));
  EXPECT_EQ(inner.kinds.size(), 4u);
}

TEST(ThreadedSink, LiveAFullQueueDropsDisplayEventsAndKeepsRecords) {
  auto owned = std::make_unique<GatedSink>();
  GatedSink& inner = *owned;
  ThreadedSink sink(std::move(owned), {.batches = 2, .live = true});
  deliver(sink, {event_of(EventKind::Syn)});
  inner.entered.acquire();  // the sink's thread is busy with it
  deliver(sink, {event_of(EventKind::Open), event_of(EventKind::Fin)});
  EXPECT_EQ(sink.dropped(), 2u);
  inner.permits.release(10);
  deliver(sink, {event_of(EventKind::Fin), event_of(EventKind::Record)});
  ASSERT_TRUE(sink.finish({}));
  EXPECT_EQ(count(inner, EventKind::Record), 1u);
  EXPECT_EQ(count(inner, EventKind::Open), 0u);
}

TEST(ThreadedSink, LiveARecordWaitsForTheQueue) {
  auto owned = std::make_unique<GatedSink>();
  GatedSink& inner = *owned;
  ThreadedSink sink(std::move(owned), {.batches = 2, .live = true});
  std::thread producer([&] {
    for (int i = 0; i < 20; ++i)
      deliver(sink, {event_of(EventKind::Syn), event_of(EventKind::Record)});
  });
  inner.permits.release(20);
  producer.join();
  ASSERT_TRUE(sink.finish({}));
  EXPECT_EQ(count(inner, EventKind::Record), 20u);
  EXPECT_EQ(count(inner, EventKind::Syn) + sink.dropped(), 20u);
}

TEST(ThreadedSink, AnExceptionOfTheSinkReachesItsOwner) {
  ThreadedSink sink(std::make_unique<FailingSink>(), {.batches = 2});
  EXPECT_THROW(
      {
        for (;;) deliver(sink, {event_of(EventKind::Record)});
      },
      std::runtime_error);
  const Status finished = sink.finish({});
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().message, "the server is gone");
}

TEST(ThreadedSink, PassesOnTicksReopeningAndTheResult) {
  auto owned = std::make_unique<FakeSink>();
  FakeSink& inner = *owned;
  inner.result = Error{"the disk is full"};
  ThreadedSink sink(std::move(owned), {.batches = 4, .live = true});
  sink.reopen();
  sink.on_tick(timestamp_from_ns(1));
  const Status finished = sink.finish({});
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().message, "the disk is full");
  EXPECT_EQ(inner.ticks, 1);
  EXPECT_EQ(inner.reopened, 1);
}

TEST(ThreadedSink, UnfinishedItDeliversWhatIsQueued) {
  std::size_t delivered = 0;
  {
    ThreadedSink sink(std::make_unique<CountingSink>(delivered), {});
    deliver(sink, {event_of(EventKind::Record)});
  }
  EXPECT_EQ(delivered, 1u);
}

}  // namespace
}  // namespace synfin::test
