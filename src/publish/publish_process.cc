// See publish_process.h.
#include "publish/publish_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <utility>
#include <vector>

#include "publish/publish_batch.h"
#include "synfin/sandbox/sender_process.h"

namespace synfin {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kReport{250}, kWait{50};
constexpr std::chrono::seconds kLastDeliveries{10};

class PublishLoop {
 public:
  PublishLoop(KafkaProducer& producer, const std::string& url, int channel)
      : producer_(producer),
        url_(url),
        channel_(channel),
        log_(channel, kPublishWarning, "the process that publishes"),
        message_(PublishBatch::kMaxBytes) {}

  void run() {
    while (take_message()) report();
    while (producer_.queued() > 0 && !too_late()) {
      producer_.poll(kWait);
      report();
    }
    PublishCounts counts = counted();
    counts.failed += std::exchange(counts.queued, 0) + abandoned_;
    log_.finish();
    send_sentence_waiting(channel_, kPublishCounts, to_text(counts));
  }

 private:
  /// Takes one message, if one arrives soon. Returns false if the channel is closed.
  bool take_message() {
    pollfd wait{channel_, POLLIN, 0};
    producer_.poll(milliseconds{0});
    if (::poll(&wait, 1, static_cast<int>(kWait.count())) <= 0) return true;
    const ssize_t size = recv_message();
    if (size == 0) return false;
    if (size < 0) return errno == EINTR || errno == EAGAIN;
    RecordReader reader({message_.data(), static_cast<std::size_t>(size)});
    while (const auto record = reader.next()) {
      while (!producer_.produce(record->key, record->json)) {
        if (too_late()) {
          ++abandoned_;
          break;
        }
        producer_.poll(kWait);
        report();
      }
    }
    return !too_late();
  }

  /// True once the channel has been closed for too long. Records may still be in it.
  bool too_late() {
    pollfd closed{channel_, POLLRDHUP, 0};
    if (end_ == Clock::time_point::max() && ::poll(&closed, 1, 0) > 0 &&
        (closed.revents & (POLLRDHUP | POLLHUP)) != 0)
      end_ = Clock::now() + kLastDeliveries;
    return Clock::now() > end_;
  }

  ssize_t recv_message() {
    iovec part{message_.data(), message_.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    return recvmsg(channel_, &header, 0);
  }

  PublishCounts counted() const {
    return {producer_.delivered(), producer_.failed(), producer_.queued(), producer_.queue_limit()};
  }

  void report() {
    if (Clock::now() < next_) return;
    next_ = Clock::now() + kReport;
    // The counts are totals, so a later message makes up for one that did not fit.
    if (const PublishCounts now = counted();
        now != sent_ && send_sentence(channel_, kPublishCounts, to_text(now)) == SendResult::Sent)
      sent_ = now;
    const bool in_trouble = !producer_.trouble().empty();
    if (in_trouble == std::exchange(in_trouble_, in_trouble)) return;
    if (in_trouble) {
      log_.send(kPublishWarning, fmt::format("{}: {}; records wait, and synfin tries again", url_,
                                             producer_.trouble()));
    } else {
      log_.send(kPublishInfo, fmt::format("{}: publishes again", url_));
    }
  }

  KafkaProducer& producer_;
  const std::string& url_;
  int channel_;
  SentenceLog log_;
  std::vector<char> message_;
  PublishCounts sent_;
  bool in_trouble_ = false;
  std::uint64_t abandoned_ = 0;  ///< records that arrived and did not get into the queue
  Clock::time_point end_ = Clock::time_point::max();
  Clock::time_point next_{};
};

}  // namespace

std::string to_text(const PublishCounts& c) {
  return fmt::format("{} {} {} {}", c.delivered, c.failed, c.queued, c.limit);
}

std::optional<PublishCounts> parse_publish_counts(std::string_view text) {
  PublishCounts counts;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (std::uint64_t* const figure :
       {&counts.delivered, &counts.failed, &counts.queued, &counts.limit}) {
    const auto [next, error] = std::from_chars(at, end, *figure);
    if (error != std::errc{}) return std::nullopt;
    at = next == end ? end : next + 1;
  }
  return counts;
}

void run_publisher(KafkaProducer& producer, const std::string& url, int channel) {
  PublishLoop(producer, url, channel).run();
}

}  // namespace synfin
