// PublishSink while nothing takes its records. tests/check/publish.py has brokers.
#include "synfin/publish/publisher.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "support/event_samples.h"

namespace synfin {
namespace {

constexpr std::size_t kBatch = 500;

class PublishSinkTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = Publisher::start({.url = "kafka://127.0.0.1:1/t", .properties = {}},
                                    std::nullopt, SandboxMode::Off);
    ASSERT_TRUE(started) << started.error().message;
    process_ = (*started)->process();
    kill(process_, SIGSTOP);  // it takes nothing
    sink_ = std::make_unique<PublishSink>(std::move(*started), gauges_, true);
  }
  void TearDown() override {
    if (process_ > 0) kill(process_, SIGKILL);  // -1 would be every process of this user
  }

  void publish(std::size_t batches) {
    const std::vector<Event> events(kBatch, test::event_of(EventKind::Record));
    const Annotations about;
    for (std::size_t i = 0; i < batches; ++i) sink_->on_events(test::annotated(events, about));
    sink_->on_tick({});
  }

  DeliveryGauges gauges_;
  std::unique_ptr<PublishSink> sink_;
  pid_t process_ = -1;
};

TEST_F(PublishSinkTest, LiveItNeverWaitsAndCountsWhatIsLost) {
  publish(1);
  EXPECT_EQ(gauges_.dropped, 0u);
  EXPECT_FALSE(sink_->take_failure());
  publish(200);  // 100000 records are more than it holds
  EXPECT_GT(gauges_.dropped, 0u);
  EXPECT_EQ(gauges_.queued, 0u) << "the queue of the process is the one with a limit";
  EXPECT_NE(sink_->take_failure().value_or(Error{}).message.find("records are lost"),
            std::string::npos);
  EXPECT_FALSE(sink_->take_failure()) << "once";
  kill(process_, SIGKILL);
  const Status finished = sink_->finish({});
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().message,
            "100500 of 100500 records were not published to kafka://127.0.0.1:1/t");
}

TEST_F(PublishSinkTest, AProcessThatEndedIsReported) {
  kill(process_, SIGKILL);
  siginfo_t about{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(process_), &about, WEXITED | WNOWAIT), 0);
  publish(2);
  publish(1);
  EXPECT_EQ(gauges_.dropped, 3 * kBatch);
  EXPECT_NE(sink_->take_failure().value_or(Error{}).message.find("has ended"), std::string::npos);
  EXPECT_FALSE(sink_->finish({}));
}

TEST(PublishSink, RecordsThatNoBrokerStoresInTimeAreReportedWhileTheRunLasts) {
  const std::string properties =
      std::filesystem::temp_directory_path() / ("synfin-kafka-" + std::to_string(getpid()));
  std::ofstream(properties) << "message.timeout.ms = 300\n";
  chmod(properties.c_str(), 0600);
  DeliveryGauges gauges;
  auto started = Publisher::start({.url = "kafka://127.0.0.1:1/t", .properties = properties},
                                  std::nullopt, SandboxMode::Off);
  std::filesystem::remove(properties);
  ASSERT_TRUE(started) << started.error().message;
  PublishSink sink(std::move(*started), gauges, true);
  const std::vector<Event> events(7, test::event_of(EventKind::Record));
  const Annotations about;
  sink.on_events(test::annotated(events, about));
  std::string failure;
  for (int i = 0; i < 1000 && (gauges.dropped < 7 || failure.empty()); ++i) {
    (void)poll(nullptr, 0, 20);  // until librdkafka, which has its own clock, gives up
    sink.on_tick({});
    if (const auto lost = sink.take_failure()) failure += lost->message;
  }
  EXPECT_EQ(gauges.dropped, 7u);
  EXPECT_EQ(gauges.failed, 7u);
  EXPECT_EQ(failure,
            "kafka://127.0.0.1:1/t: records are lost, because the brokers did not store them");
  EXPECT_FALSE(sink.finish({}));
}

}  // namespace
}  // namespace synfin
