#include "capture/read_ahead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace synfin {
namespace {

/// Gives what a test puts in, when it puts it in.
class FedStream final : public ByteStream {
 public:
  void feed(const std::string& text) {
    const std::lock_guard lock(mutex_);
    text_ += text;
    changed_.notify_all();
  }
  void finish(const std::string& failure = "") {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    failure_ = failure;
    changed_.notify_all();
  }

  ReadResult read(std::span<std::uint8_t> into) override {
    std::unique_lock lock(mutex_);
    ++reads;
    changed_.wait(lock, [this] { return finished_ || !text_.empty(); });
    if (text_.empty()) return {};
    const std::size_t size = std::min(into.size(), text_.size());
    std::memcpy(into.data(), text_.data(), size);
    text_.erase(0, size);
    return {size, ReadState::Data};
  }
  const std::string& failure() const override { return failure_; }
  std::uint64_t consumed() const override { return 0; }
  std::uint64_t total() const override { return 0; }
  void interrupt() noexcept override { finish(); }

  std::atomic<int> reads = 0;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  std::string failure_;
  bool finished_ = false;
};

std::string read_some(ByteStream& stream, std::size_t most) {
  std::vector<std::uint8_t> into(most);
  const ReadResult got = stream.read(into);
  return {into.begin(), into.begin() + static_cast<std::ptrdiff_t>(got.size)};
}

TEST(ReadAhead, GivesTheSameBytesInOrder) {
  std::string text;
  for (int i = 0; text.size() < 100'000; ++i) text += std::to_string(i);
  for (const std::size_t piece : {1UL, 7UL, 1000UL}) {
    auto fed = std::make_unique<FedStream>();
    fed->feed(text);
    fed->finish("it hurts");
    ReadAhead ahead(std::move(fed), 64);
    std::string all;
    for (std::string some = read_some(ahead, piece); !some.empty(); some = read_some(ahead, piece))
      all += some;
    EXPECT_TRUE(all == text);
    EXPECT_EQ(ahead.failure(), "it hurts");
    EXPECT_EQ(read_some(ahead, piece), "");
  }
}

TEST(ReadAhead, GivesWhatThereIsWithoutWaitingForAChunk) {
  auto fed = std::make_unique<FedStream>();
  FedStream& feeder = *fed;
  ReadAhead ahead(std::move(fed), 1000);
  feeder.feed("some");
  EXPECT_EQ(read_some(ahead, 100), "some");
  feeder.feed("more");
  EXPECT_EQ(read_some(ahead, 100), "more");
}

TEST(ReadAhead, ReadsNoFurtherThanItsRing) {
  auto fed = std::make_unique<FedStream>();
  FedStream& feeder = *fed;
  feeder.feed(std::string(100, 'x'));
  ReadAhead ahead(std::move(fed), 10);
  const auto timeout = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (feeder.reads < static_cast<int>(ReadAhead::kSlots) &&
         std::chrono::steady_clock::now() < timeout) {
    std::this_thread::yield();
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // time in which one more would come
  EXPECT_EQ(feeder.reads, static_cast<int>(ReadAhead::kSlots));
}

// A destructor that waits for ever is what these would show.

TEST(ReadAhead, DiesWhileItsThreadWaitsForInput) {
  for (int i = 0; i < 50; ++i) ReadAhead ahead(std::make_unique<FedStream>(), 10);
}

TEST(ReadAhead, DiesWhileItsThreadWaitsForAFreeSlot) {
  for (int i = 0; i < 50; ++i) {
    auto fed = std::make_unique<FedStream>();
    fed->feed(std::string(1000, 'x'));
    ReadAhead ahead(std::move(fed), 10);
    if (i % 2 == 0) read_some(ahead, 3);
  }
}

TEST(ReadAhead, InterruptEndsAWait) {
  ReadAhead ahead(std::make_unique<FedStream>(), 10);
  std::thread waker([&] { ahead.interrupt(); });
  EXPECT_EQ(read_some(ahead, 10), "");
  waker.join();
}

}  // namespace
}  // namespace synfin
