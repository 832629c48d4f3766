#include "bench/conversation.h"

namespace synfin::bench {
namespace {

constexpr std::uint8_t kOrig = 0;
constexpr std::uint8_t kResp = 1;
constexpr std::uint32_t kSecond = 1'000'000;

class Script {
 public:
  Script(std::vector<Step>& steps, const Shape& shape, Random& random)
      : steps_(steps), shape_(shape), random_(random), rtt_us_(random.between(500, 80'000)) {
    steps_.clear();
  }

  void write(Ending ending) {
    switch (ending) {
      case Ending::Refused:
        return refused();
      case Ending::Unanswered:
        return unanswered();
      case Ending::Aborted:
        return aborted();
      case Ending::HalfOpen:
        return half_open();
      default:
        break;
    }
    handshake();
    exchanges();
    finish(ending);
  }

 private:
  void add(std::uint8_t side, std::uint8_t flags, std::uint32_t gap_us, std::uint32_t payload = 0) {
    steps_.push_back({gap_us, static_cast<std::uint16_t>(payload), flags, side, false});
  }

  void refused() {
    add(kOrig, kSyn, 0);
    add(kResp, kRst | kAck, rtt_us_);
  }

  void unanswered() {
    add(kOrig, kSyn, 0);
    const std::uint32_t retries =
        shape_.syn_retries == 0 ? 0 : random_.below(shape_.syn_retries + 1);
    for (std::uint32_t i = 0; i < retries; ++i) repeat(kSecond << i);
  }

  void aborted() {
    add(kOrig, kSyn, 0);
    add(kOrig, kRst, rtt_us_, 0);
  }

  void half_open() {
    add(kOrig, kSyn, 0);
    add(kResp, kSyn | kAck, rtt_us_);
    repeat(kSecond);
    repeat(2 * kSecond);
  }

  /// Repeats the last step after `gap_us`.
  void repeat(std::uint32_t gap_us) {
    Step step = steps_.back();
    step.gap_us = gap_us;
    step.again = true;
    steps_.push_back(step);
  }

  void handshake() {
    add(kOrig, kSyn, 0);
    add(kResp, kSyn | kAck, rtt_us_);
    add(kOrig, kAck, random_.between(20, 900));
  }

  void exchanges() {
    std::uint32_t count = shape_.min_exchanges;
    while (count < shape_.max_exchanges && random_.chance(shape_.more_exchanges)) ++count;
    for (std::uint32_t i = 0; i < count; ++i)
      exchange(i == 0 ? random_.between(50, 2000) : think());
  }

  std::uint32_t think() { return random_.between(1, 2 * shape_.mean_think_us); }

  void exchange(std::uint32_t gap_us) {
    data(kOrig, gap_us, random_.between(40, shape_.max_request));
    std::uint32_t segments = 1;
    if (random_.chance(shape_.long_response)) segments = random_.between(2, shape_.long_segments);
    const std::uint32_t full = FrameWriter::kMaxPayload;
    for (std::uint32_t i = 0; i < segments; ++i) {
      data(kResp, i == 0 ? rtt_us_ : 12,
           i + 1 < segments ? full : random_.between(20, shape_.max_response));
      if (i % 16 == 15 && i + 1 < segments) add(kOrig, kAck, 5);
    }
    if (!shape_.bare) add(kOrig, kAck, random_.between(20, 40'000));
  }

  void data(std::uint8_t side, std::uint32_t gap_us, std::uint32_t size) {
    add(side, kPsh | kAck, gap_us, size);
    if (random_.chance(shape_.retransmitted)) repeat(random_.between(1000, 200'000));
  }

  void finish(Ending ending) {
    const std::uint32_t pause = think() / 2;
    switch (ending) {
      case Ending::FinByOrig:
        return close(kOrig, pause);
      case Ending::FinByResp:
        return close(kResp, pause);
      case Ending::RstByOrig:
        return add(kOrig, kRst | kAck, pause);
      case Ending::RstByResp:
        return add(kResp, random_.chance(500) ? kRst | kAck : kRst, pause);
      case Ending::HalfClosedByOrig:
        return half_close(kOrig, pause);
      case Ending::HalfClosedByResp:
        return half_close(kResp, pause);
      default:
        return;
    }
  }

  void close(std::uint8_t first, std::uint32_t gap_us) {
    const std::uint8_t second = first == kOrig ? kResp : kOrig;
    add(first, kFin | kAck, gap_us);
    if (!shape_.bare && random_.chance(250)) add(second, kAck, rtt_us_ / 2);
    add(second, kFin | kAck, rtt_us_);
    add(first, kAck, random_.between(20, 900));
  }

  void half_close(std::uint8_t first, std::uint32_t gap_us) {
    add(first, kFin | kAck, gap_us);
    add(first == kOrig ? kResp : kOrig, kAck, rtt_us_);
  }

  std::vector<Step>& steps_;
  const Shape& shape_;
  Random& random_;
  std::uint32_t rtt_us_;
};

}  // namespace

std::string_view conn_state_of(Ending ending) {
  constexpr std::array<std::string_view, kEndings> kNames = {
      "SF", "SF", "RSTO", "RSTR", "REJ", "S0", "RSTOS0", "S1", "S1", "S2", "S3"};
  return kNames[static_cast<std::size_t>(ending)];
}

std::string_view outcome_of(Ending ending) {
  constexpr std::array<std::string_view, kEndings> kNames = {
      "closed",  "closed",    "reset", "reset",  "refused", "unanswered",
      "aborted", "half_open", "open",  "closed", "closed"};
  return kNames[static_cast<std::size_t>(ending)];
}

void write_script(Conversation& conversation, const Shape& shape, Random& random) {
  Script(conversation.steps, shape, random).write(conversation.ending);
  conversation.position = 0;
}

Ending draw_ending(const Shape& shape, Random& random) {
  std::uint32_t left = random.below(1000);
  for (int i = 0; i < kEndings; ++i) {
    if (left < shape.per_mille[static_cast<std::size_t>(i)]) return static_cast<Ending>(i);
    left -= shape.per_mille[static_cast<std::size_t>(i)];
  }
  return Ending::FinByOrig;
}

}  // namespace synfin::bench
