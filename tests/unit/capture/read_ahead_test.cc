#include "capture/read_ahead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "synfin/base/exception_text.h"
#include "synfin/base/thread.h"

namespace synfin {
namespace {

/// Returns what the test feeds it, and waits for more.
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

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  std::string failure_;
  bool finished_ = false;
};

std::string read_some(ByteStream& stream, std::size_t most) {
  std::vector<std::uint8_t> into(most);
  ReadResult got = stream.read(into);
  while (got.state == ReadState::Pause) got = stream.read(into);
  return {into.begin(), into.begin() + static_cast<std::ptrdiff_t>(got.size)};
}

TEST(ReadAhead, ReturnsTheSameBytesInOrder) {
  std::string text;
  for (int i = 0; text.size() < 100'000; ++i) text += std::to_string(i);
  for (const std::size_t piece : {1UL, 7UL, 1000UL}) {
    auto fed = std::make_unique<FedStream>();
    fed->feed(text);
    fed->finish("reading fails");
    ReadAhead ahead(std::move(fed), 64);
    std::string all;
    for (std::string some = read_some(ahead, piece); !some.empty(); some = read_some(ahead, piece))
      all += some;
    EXPECT_TRUE(all == text);
    EXPECT_EQ(ahead.failure(), "reading fails");
    EXPECT_EQ(read_some(ahead, piece), "");
  }
}

TEST(ReadAhead, ReturnsWhatHasArrivedWithoutWaitingForAFullChunk) {
  auto fed = std::make_unique<FedStream>();
  FedStream& feeder = *fed;
  ReadAhead ahead(std::move(fed), 1000);
  feeder.feed("some");
  EXPECT_EQ(read_some(ahead, 100), "some");
  feeder.feed("more");
  EXPECT_EQ(read_some(ahead, 100), "more");
}

TEST(ReadAhead, PausesWhileNothingArrives) {
  auto fed = std::make_unique<FedStream>();
  FedStream& feeder = *fed;
  ReadAhead ahead(std::move(fed), 1000);
  std::vector<std::uint8_t> into(10);
  EXPECT_EQ(ahead.read(into).state, ReadState::Pause);  // would wait for ever
  feeder.feed("on");
  EXPECT_EQ(read_some(ahead, 100), "on");
}

/// Endless input of full chunks that checks, at each read, how far ahead of the reader it is.
class EndlessStream final : public ByteStream {
 public:
  explicit EndlessStream(const std::atomic<int>& freed) : freed_(freed) {}

  ReadResult read(std::span<std::uint8_t> into) override {
    if (interrupted_) return {};
    ++reads_;
    EXPECT_LE(reads_, freed_ + static_cast<int>(ReadAhead::kChunks));
    return {into.size(), ReadState::Data};
  }
  const std::string& failure() const override { return failure_; }
  std::uint64_t consumed() const override { return 0; }
  std::uint64_t total() const override { return 0; }
  void interrupt() noexcept override { interrupted_ = true; }

 private:
  const std::atomic<int>& freed_;
  int reads_ = 0;
  std::atomic<bool> interrupted_ = false;
  std::string failure_;
};

TEST(ReadAhead, ReadsNoFurtherThanItsRing) {
  std::atomic<int> freed = 0;  // chunks that the reader has emptied, or is about to
  ReadAhead ahead(std::make_unique<EndlessStream>(freed), 10);
  for (int i = 0; i < 2000; ++i) {
    ++freed;
    ASSERT_EQ(read_some(ahead, 10).size(), 10u);
  }
}

// The next two hang if the destructor waits for input or for a free chunk.

TEST(ReadAhead, IsDestroyedWhileItsThreadWaitsForInput) {
  for (int i = 0; i < 50; ++i) ReadAhead ahead(std::make_unique<FedStream>(), 10);
}

TEST(ReadAhead, IsDestroyedWhileItsThreadWaitsForAnEmptyChunk) {
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

/// As a decompressor that gets no memory.
class ThrowingStream final : public ByteStream {
 public:
  ReadResult read(std::span<std::uint8_t> into) override {
    if (++reads_ > 1) throw std::bad_alloc();
    into[0] = 'a';
    return {1, ReadState::Data};
  }
  const std::string& failure() const override { return none_; }
  std::uint64_t consumed() const override { return 0; }
  std::uint64_t total() const override { return 0; }
  void interrupt() noexcept override {}

 private:
  int reads_ = 0;
  std::string none_;
};

TEST(ReadAhead, AnExceptionEndsTheStreamAndReachesTheHandler) {
  FirstException first;
  set_thread_exception_handler([&](const std::exception_ptr& e) { first.store(e); });
  {
    ReadAhead ahead(std::make_unique<ThrowingStream>(), 10);
    EXPECT_EQ(read_some(ahead, 10), "a");
    EXPECT_EQ(read_some(ahead, 10), "");
  }
  set_thread_exception_handler({});
  EXPECT_NE(first.get(), nullptr);
}

}  // namespace
}  // namespace synfin
