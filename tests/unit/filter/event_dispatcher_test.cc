// Which events and annotations reach which sink, and what happens when a sink fails.
#include "synfin/filter/event_dispatcher.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "support/event_samples.h"
#include "support/fake_sink.h"

namespace synfin::test {
namespace {

struct FailingSink : FakeSink {
  void on_events(std::span<const AnnotatedEvent> /*batch*/) override {
    ++calls;
    throw std::runtime_error("the printer is on fire");
  }
  int calls = 0;
};

struct PlainSink : FakeSink {
  explicit PlainSink(EventDelivery d) : FakeSink(EventMask::only(EventKind::Record)), how(d) {}
  EventDelivery delivery() const override { return how; }
  void on_plain_events(std::span<const Event> events) override { plain += events.size(); }
  EventDelivery how;
  std::size_t plain = 0;
};

struct BrokenSink : FakeSink {
  std::optional<Error> take_failure() override { return Error{"cannot write lines", kind}; }
  ErrorKind kind = ErrorKind::Work;
};

struct UnannotatedSink : FakeSink {
  EventMask annotated() const override { return {}; }
};

struct PresentStateSink : FakeSink {
  bool receives_unselected() const override { return true; }
};

std::vector<std::string> messages(const std::vector<Error>& errors) {
  std::vector<std::string> messages;
  for (const Error& error : errors) messages.push_back(error.message);
  return messages;
}

class EventDispatcherTest : public testing::Test {
 protected:
  Annotator annotator_{EnrichmentOptions{}};
  EventDispatcher outputs_{annotator_, nullptr, false};
  std::vector<Event> events_{event_of(EventKind::Syn), event_of(EventKind::Record)};
};

TEST_F(EventDispatcherTest, WantsWhatItsSinksWantAndRecords) {
  EXPECT_TRUE(outputs_.wanted().has(EventKind::Record));
  EXPECT_FALSE(outputs_.wanted().has(EventKind::Syn));
  outputs_.add(std::make_unique<FakeSink>(EventMask::only(EventKind::Syn)));
  EXPECT_TRUE(outputs_.wanted().has(EventKind::Syn));
  EXPECT_FALSE(outputs_.wanted().has(EventKind::Fin));
  EXPECT_TRUE(EventDispatcher(annotator_, nullptr, true).wanted().has(EventKind::Fin));
}

TEST_F(EventDispatcherTest, DeliversOneBatchToEachSink) {
  FakeSink* one = outputs_.add(std::make_unique<FakeSink>());
  FakeSink* two = outputs_.add(std::make_unique<FakeSink>());
  outputs_.explain_and_count(events_);
  outputs_.dispatch(events_);
  for (const FakeSink* sink : {one, two}) {
    ASSERT_EQ(sink->kept.size(), 1u);
    EXPECT_EQ(sink->kinds, (std::vector{EventKind::Syn, EventKind::Record}));
    EXPECT_EQ(sink->kept[0].events()[0].about.port_name, "https");
  }
}

TEST_F(EventDispatcherTest, DeliversOneEventAtATimeOnRequest) {
  FakeSink* counting = outputs_.add(std::make_unique<FakeSink>());
  outputs_.deliver_single_events();
  outputs_.dispatch(events_);
  ASSERT_EQ(counting->kept.size(), 2u);
  EXPECT_EQ(counting->kept[0].events().size(), 1u);
}

TEST_F(EventDispatcherTest, AnnotatesNothingThatNoSinkReads) {
  FakeSink* sink = outputs_.add(std::make_unique<UnannotatedSink>());
  outputs_.dispatch(events_);
  EXPECT_TRUE(sink->kept.at(0).events()[0].about.port_name.empty());
}

TEST_F(EventDispatcherTest, DeliversWhatShowSelects) {
  outputs_.set_show(ShowExpression::parse("outcome:refused").value());
  FakeSink* selected = outputs_.add(std::make_unique<FakeSink>());
  FakeSink* all = outputs_.add(std::make_unique<PresentStateSink>());
  PlainSink* counting = outputs_.add(std::make_unique<PlainSink>(EventDelivery::Counting));
  std::vector<Event> events{event_of(EventKind::Syn), event_of(EventKind::Refused),
                            event_of(EventKind::Record)};
  for (Event& event : events) event.connection.outcome = Outcome::Open;
  events[1].connection.outcome = Outcome::Refused;
  outputs_.explain_and_count(events);
  outputs_.dispatch(events);
  EXPECT_EQ(selected->kinds, (std::vector{EventKind::Refused}));
  EXPECT_EQ(all->kinds.size(), 3u);
  EXPECT_EQ(counting->plain, 1u);
}

TEST_F(EventDispatcherTest, CountingSinksCountOnTheirStageUnlessAFilterHidesConnections) {
  PlainSink* counting = outputs_.add(std::make_unique<PlainSink>(EventDelivery::Counting));
  PlainSink* plain = outputs_.add(std::make_unique<PlainSink>(EventDelivery::Plain));
  outputs_.explain_and_count(events_);
  EXPECT_EQ(counting->plain, 2u);
  EXPECT_EQ(plain->plain, 0u);
  outputs_.dispatch(events_);
  EXPECT_EQ(counting->plain, 2u);
  EXPECT_EQ(plain->plain, 2u);

  FilterOptions loopback;
  loopback.ignore_loopback = true;
  auto filter = ConnectionFilter::make(loopback, {});
  ASSERT_TRUE(filter);
  EventDispatcher filtered(annotator_, std::move(*filter), false);
  counting = filtered.add(std::make_unique<PlainSink>(EventDelivery::Counting));
  std::vector<Event> events = events_;
  events[1].connection.tuple.orig.address = events[1].connection.tuple.resp.address =
      Address::from_v4(0x7F000001);
  filtered.explain_and_count(events);
  EXPECT_EQ(counting->plain, 0u);
  filtered.dispatch(events);
  EXPECT_EQ(counting->plain, 1u);
}

TEST_F(EventDispatcherTest, AFailureMentionsOtherOutputsIfThereAreSome) {
  const auto logged = [this] {
    testing::internal::CaptureStderr();
    outputs_.tick({});
    return testing::internal::GetCapturedStderr();
  };
  BrokenSink* sink = outputs_.add(std::make_unique<BrokenSink>());
  EXPECT_EQ(logged(), "synfin: cannot write lines\n");
  sink->kind = ErrorKind::ReaderGone;
  EXPECT_EQ(logged(), "") << "the end of the run reports it";
  outputs_.add(std::make_unique<FakeSink>());
  EXPECT_EQ(logged(), "synfin: cannot write lines; the other outputs continue\n");
}

TEST_F(EventDispatcherTest, AFailingSinkIsDisabledCountedAndReportedOnceAndTheOthersContinue) {
  FailingSink* failing = outputs_.add(std::make_unique<FailingSink>());
  FakeSink* other = outputs_.add(std::make_unique<FakeSink>());
  for (int i = 0; i < 3; ++i) outputs_.dispatch(events_);
  EXPECT_EQ(failing->calls, 1);
  EXPECT_EQ(other->kinds.size(), 6u);
  EXPECT_EQ(
      messages(outputs_.finish({})),
      (std::vector<std::string>{"the fake sink failed: the printer is on fire (6 events lost)"}));
}

/// A sink that shows events to a person, who may be slow.
struct Display : FakeSink {
  Display() : FakeSink(EventMask::only(EventKind::Syn)) {}
  bool accepts_events(bool hurried) override { return !hurried && !stuck; }
  bool stuck = false;
};

/// The sentences that the summary prints.
struct GapSink : FakeSink {
  Status finish(const CaptureInfo& capture) override {
    gaps = capture.gaps;
    return Ok{};
  }
  std::vector<std::string> gaps;
};

TEST_F(EventDispatcherTest, ADisplayIsLeftOutFirstAndCounted) {
  auto* const display = outputs_.add(std::make_unique<Display>());
  auto* const log = outputs_.add(std::make_unique<GapSink>());
  const std::vector<Event> events{event_of(EventKind::Syn), event_of(EventKind::Record)};
  outputs_.dispatch(events);
  outputs_.dispatch(events, true);
  display->stuck = true;
  outputs_.dispatch(events);
  EXPECT_EQ(display->kinds.size(), 1u);
  EXPECT_EQ(log->kinds.size(), 6u);
  EXPECT_TRUE(outputs_.finish({}).empty());
  ASSERT_EQ(log->gaps.size(), 1u);
  EXPECT_NE(log->gaps[0].find(": 2 events were not shown"), std::string::npos) << log->gaps[0];
}

/// Notes when it finishes.
struct OrderedSink : FakeSink {
  OrderedSink(std::string its_name, std::vector<std::string>& its_steps)
      : name_(std::move(its_name)), steps(its_steps) {}
  Status finish(const CaptureInfo&) override {
    steps.push_back(name_);
    return Ok{};
  }
  Status finish_printing() override {
    steps.push_back(name_ + " prints");
    return Error{"cannot print"};
  }
  std::string name_;
  std::vector<std::string>& steps;
};

TEST_F(EventDispatcherTest, AllFilesAreCompleteBeforeTheRestIsPrinted) {
  std::vector<std::string> steps;
  outputs_.add(std::make_unique<OrderedSink>("view", steps));
  outputs_.add(std::make_unique<FailingSink>());
  outputs_.add(std::make_unique<OrderedSink>("report", steps));
  outputs_.dispatch(events_);
  const auto failures = outputs_.finish({}, [&] { steps.emplace_back("others"); });
  EXPECT_EQ(steps,
            (std::vector<std::string>{"view", "report", "others", "view prints", "report prints"}));
  EXPECT_EQ(failures.size(), 3u) << "each output that failed, once";
}

TEST_F(EventDispatcherTest, AnErrorAtTheEndIsReturned) {
  FakeSink* sink = outputs_.add(std::make_unique<FakeSink>());
  sink->result = Error{"cannot write"};
  EXPECT_EQ(messages(outputs_.finish({})), std::vector<std::string>{"cannot write"});
}

TEST_F(EventDispatcherTest, TicksAndReopensItsSinks) {
  FakeSink* sink = outputs_.add(std::make_unique<FakeSink>());
  outputs_.flush(timestamp_from_ns(1));
  outputs_.tick(timestamp_from_ns(2));
  outputs_.reopen();
  EXPECT_EQ(sink->ticks, 2);
  EXPECT_EQ(sink->reopened, 1);
}

}  // namespace
}  // namespace synfin::test
