// What the sender does without a server: it reports that once, waits longer each time, keeps the
// batches, and finishes what a killed sender had begun. tests/store/ has servers.
#include "store/delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "store/batch.h"
#include "support/event_samples.h"
#include "support/silent_server.h"
#include "support/store_stub.h"

namespace synfin::test {
namespace {

using testing::HasSubstr;

class DeliveryTest : public testing::Test {
 protected:
  DeliveryTest() { std::filesystem::create_directories(folder_); }
  ~DeliveryTest() override { std::filesystem::remove_all(folder_); }

  /// Writes `count` batches of one row each. Returns their stream.
  std::uint32_t write_batches(int count) {
    auto spool = SpoolWriter::open(folder_, 1 << 20);
    const std::uint32_t stream = (*spool)->stream();
    BatchWriter writer(std::move(*spool), "sensor", false);
    for (int i = 0; i < count; ++i) {
      const Event event = event_of(EventKind::Record, static_cast<std::uint16_t>(1000 + i));
      writer.add(event.connection, {});
      writer.flush();
    }
    return stream;
  }

  void write_inflight(std::uint32_t stream, int first, int last) {
    const Event event = event_of(EventKind::Record);
    std::ofstream(folder_ + "/inflight") << stream << " " << first << " " << last << " connections "
                                         << day_of(event.connection.first) << "\n";
  }

  void remove_batch(std::size_t index) {
    std::filesystem::remove(folder_ + "/" + list_spool(folder_)->at(index).name);
  }

  /// No server listens on port 1.
  Delivery make() {
    return Delivery(
        StoreClient(*parse_store_url("clickhouse://127.0.0.1:1/synfin"), {}), folder_, "sensor",
        [this](Delivery::Level, const std::string& sentence) { sentences_.push_back(sentence); });
  }

  /// Works until the spool is empty, or for a number of attempts that is enough for that.
  bool deliver_all(const StoreStub& server) {
    Delivery delivery(
        StoreClient(*parse_store_url(server.url()), {}), folder_, "sensor",
        [this](Delivery::Level, const std::string& sentence) { sentences_.push_back(sentence); });
    Timestamp now = timestamp_from_ns(1'000'000'000'000'000'000);
    for (int i = 0; i < 60 && !list_spool(folder_)->empty(); ++i) {
      if (!delivery.work(now)) now = std::max(delivery.next(), now + std::chrono::seconds{1});
    }
    return delivery.delivered_rows() == 8 && list_spool(folder_)->empty();
  }
  std::size_t spool_bytes() const {
    std::size_t bytes = 0;
    const auto files = list_spool(folder_);
    for (const SpoolFile& file : *files) bytes += file.bytes;
    return bytes;
  }

  std::string folder_ =
      std::filesystem::temp_directory_path() / ("synfin-delivery-" + std::to_string(getpid()));
  std::vector<std::string> sentences_;
};

TEST_F(DeliveryTest, AServerThatIsAwayIsReportedOnce) {
  write_batches(3);
  Delivery delivery = make();
  Timestamp now = timestamp_from_ns(1'000'000'000'000'000'000);
  Duration last{};
  for (int i = 0; i < 8; ++i) {
    EXPECT_FALSE(delivery.work(now));
    EXPECT_TRUE(delivery.failing());
    EXPECT_FALSE(delivery.refused());
    EXPECT_GT(delivery.next(), now);
    last = delivery.next() - now;
    EXPECT_LE(last, std::chrono::seconds{30});
    now = delivery.next();
  }
  EXPECT_GE(last, std::chrono::seconds{15});
  ASSERT_EQ(sentences_.size(), 1u);
  EXPECT_THAT(sentences_[0], HasSubstr("127.0.0.1:1 does not answer"));
  EXPECT_EQ(list_spool(folder_)->size(), 3u);
  EXPECT_FALSE(delivery.idle());
}

TEST_F(DeliveryTest, ARequestThatIsCancelledKeepsTheBatches) {
  write_batches(3);
  const SilentServer server;
  const std::string url = "clickhouse://127.0.0.1:" + std::to_string(server.port()) + "/synfin";
  Delivery delivery(
      StoreClient(*parse_store_url(url), {}, {.cancelled = [] { return true; }}), folder_, "sensor",
      [this](Delivery::Level, const std::string& sentence) { sentences_.push_back(sentence); });
  EXPECT_FALSE(delivery.work(timestamp_from_ns(1'000'000'000'000'000'000)));
  EXPECT_TRUE(delivery.failing());
  EXPECT_FALSE(delivery.refused());
  EXPECT_EQ(list_spool(folder_)->size(), 3u);
  ASSERT_EQ(sentences_.size(), 1u);
  EXPECT_THAT(sentences_[0], HasSubstr("was cancelled"));
}

TEST_F(DeliveryTest, WaitsBetweenAttempts) {
  write_batches(1);
  Delivery delivery = make();
  const Timestamp now = timestamp_from_ns(1'000'000'000'000'000'000);
  EXPECT_FALSE(delivery.work(now));
  const Timestamp next = delivery.next();
  EXPECT_FALSE(delivery.work(now));
  EXPECT_EQ(delivery.next(), next);
}

TEST_F(DeliveryTest, BatchesThatAreTooLargeTogetherAreSentInParts) {
  write_batches(8);
  const StoreStub server({.most = spool_bytes() / 3});
  EXPECT_TRUE(deliver_all(server));
  EXPECT_GE(server.accepted().size(), 4u);
  EXPECT_LT(server.accepted().size(), 8u) << "no two batches were joined";
  EXPECT_EQ(server.refused(), 2) << "the first unit, and a half of it";
}

TEST_F(DeliveryTest, BatchesForWhichTheServerLacksMemoryAreSentInParts) {
  write_batches(8);
  const StoreStub server({.most = spool_bytes() / 3,
                          .status = 500,
                          .refusal = "Code: 241, e.displayText() = DB::Exception: Memory limit"});
  EXPECT_TRUE(deliver_all(server));
  EXPECT_GE(server.accepted().size(), 4u);
  EXPECT_LT(server.accepted().size(), 8u) << "no two batches were joined";
  EXPECT_EQ(server.refused(), 2);
}

TEST_F(DeliveryTest, AUnitThatIsStoredInPartIsNotSplit) {
  write_batches(8);
  const StoreStub server({.most = 0,
                          .status = 500,
                          .refusal = "Code: 241. DB::Exception: Memory limit",
                          .stored = "100"});
  EXPECT_TRUE(deliver_all(server));
  EXPECT_EQ(server.refused(), 1) << "the server has it";
}

TEST_F(DeliveryTest, ARefusalOfAnotherKindSplitsNothing) {
  write_batches(8);
  const StoreStub server({.most = 0, .status = 500, .refusal = "Code: 252. Too many parts"});
  EXPECT_FALSE(deliver_all(server));
  EXPECT_GT(server.refused(), 2);
  EXPECT_EQ(read_note(folder_, "inflight")->find("none"), std::string::npos);
}

TEST_F(DeliveryTest, AConfirmedUnitIsDeletedCompletely) {
  const std::uint32_t stream = write_batches(5);
  write_inflight(stream, 1, 3);
  remove_batch(0);  // the store has confirmed all three
  make();
  const auto files = *list_spool(folder_);
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].batch, 4u);
}

TEST_F(DeliveryTest, AUnitWhoseFirstFileIsDamagedWasNotConfirmed) {
  const std::uint32_t stream = write_batches(5);
  write_inflight(stream, 1, 3);
  std::filesystem::resize_file(folder_ + "/" + list_spool(folder_)->at(0).name, 40);
  const Delivery delivery = make();
  EXPECT_EQ(list_spool(folder_)->size(), 5u);
  EXPECT_EQ(delivery.waiting(), 2u);
}

TEST_F(DeliveryTest, AUnitThatMayBeStoredIsSentAgainAsAWhole) {
  const std::uint32_t stream = write_batches(5);
  write_inflight(stream, 1, 3);
  const Delivery delivery = make();
  EXPECT_EQ(list_spool(folder_)->size(), 5u);
  EXPECT_EQ(delivery.waiting(), 3u);
}

TEST_F(DeliveryTest, TheUnitOfAnOlderStreamIsNoUnitOfThisOne) {
  const std::uint32_t stream = write_batches(3);
  write_inflight(stream + 1, 0, 3);
  const Delivery delivery = make();
  EXPECT_EQ(list_spool(folder_)->size(), 3u);
  EXPECT_EQ(delivery.waiting(), 0u);
}

TEST_F(DeliveryTest, ADamagedBatchIsSetAside) {
  write_batches(2);
  const std::string path = folder_ + "/" + list_spool(folder_)->at(0).name;
  std::ofstream(path, std::ios::app) << "x";
  Delivery delivery = make();
  EXPECT_FALSE(delivery.work(timestamp_from_ns(1)));
  EXPECT_TRUE(std::filesystem::exists(path + ".damaged"));
  EXPECT_EQ(list_spool(folder_)->size(), 1u);
  ASSERT_GE(sentences_.size(), 1u);
  EXPECT_THAT(sentences_[0], HasSubstr("is damaged"));
}

}  // namespace
}  // namespace synfin::test
