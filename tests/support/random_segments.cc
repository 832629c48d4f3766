// See random_segments.h.
#include "support/random_segments.h"

#include <array>
#include <random>

#include "support/lab.h"

namespace synfin::test {
namespace {

constexpr std::uint32_t kWindow = 60'000;

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::uint32_t number() { return static_cast<std::uint32_t>(engine_()); }
  unsigned below(unsigned bound) { return static_cast<unsigned>(engine_() % bound); }
  bool one_in(unsigned n) { return below(n) == 0; }

 private:
  std::mt19937 engine_;
};

/// Two ends of one tuple; end 0 is the originator. Each step emits one segment.
class RandomConversation {
 public:
  explicit RandomConversation(const FiveTuple& tuple) : tuple_(tuple) {}

  Segment step(Random& random) {
    switch (phase_) {
      case Phase::Ended:
        if (opened_before_ && !random.one_in(3)) return straggler(random);
        return open(random);
      case Phase::SynSent:
        if (random.one_in(5)) return emit(0, kSyn, isn_[0], 0);
        if (random.one_in(6)) return reset(1);
        phase_ = Phase::SynAcked;
        next_[1] = isn_[1] + 1;
        return emit(1, kSyn | kAck, isn_[1], 0);
      case Phase::SynAcked:
        phase_ = Phase::Open;
        return emit(0, kAck, next_[0], 0);
      case Phase::Open:
        break;
    }
    return exchange(random);
  }

 private:
  enum class Phase { Ended, SynSent, SynAcked, Open };

  Segment emit(unsigned end, std::uint16_t flags, std::uint32_t seq, std::uint32_t payload) {
    Segment s;
    s.tuple = end == 0 ? tuple_ : tuple_.reversed();
    s.flags = flags;
    s.seq = seq;
    s.payload = payload;
    s.ip_length = 40 + payload;
    s.window = 65535;
    s.ttl = 60;
    if ((flags & kAck) != 0) {
      s.ack = next_[end ^ 1u];
      acked_[end ^ 1u] = s.ack;
    }
    return s;
  }

  Segment open(Random& random) {
    phase_ = Phase::SynSent;
    opened_before_ = true;
    for (unsigned end = 0; end < 2; ++end) {
      // Far from the last connection's numbers, and sometimes close to the wrap.
      const std::uint32_t before = isn_[end];
      isn_[end] += 0x10000000 + (random.number() >> 4);
      if (random.one_in(4)) isn_[end] = 0xFFFFFFFF - random.below(2000);
      if (isn_[end] - before + 0x10000 < 0x20000) isn_[end] += 0x10000000;
      fin_[end] = false;
    }
    next_ = {isn_[0] + 1, isn_[1]};
    acked_ = next_;
    return emit(0, kSyn, isn_[0], 0);
  }

  Segment reset(unsigned end) {
    const bool refuses = phase_ == Phase::SynSent;
    phase_ = Phase::Ended;
    return emit(end, kRst | kAck, refuses ? 0 : next_[end], 0);
  }

  Segment exchange(Random& random) {
    const unsigned end = random.below(2);
    if (random.one_in(25)) return reset(end);
    if (random.one_in(8) && !fin_[end]) return finish(end);
    if (random.one_in(6)) return retransmission(end, random);
    const std::uint32_t payload = random.below(1400);
    if (fin_[end] || random.one_in(3) || next_[end] + payload - acked_[end] > kWindow)
      return emit(end, kAck, next_[end], 0);
    const Segment s = emit(end, kAck | kPsh, next_[end], payload);
    next_[end] += payload;
    return s;
  }

  Segment finish(unsigned end) {
    const Segment s = emit(end, kFin | kAck, next_[end], 0);
    ++next_[end];
    fin_[end] = true;
    if (fin_[end ^ 1u]) phase_ = Phase::Ended;
    return s;
  }

  /// Some of what the end has already sent, without its SYN and FIN.
  Segment retransmission(unsigned end, Random& random) {
    const std::uint32_t sent = next_[end] - isn_[end] - 1 - fin_[end];
    const std::uint32_t back = std::min(sent, random.below(3000));
    return emit(end, kAck, isn_[end] + 1 + sent - back, std::min(back, 1000u));
  }

  Segment straggler(Random& random) {
    const unsigned end = random.below(2);
    const bool answered = next_[1] != isn_[1];
    return answered ? retransmission(end, random) : emit(1, kRst | kAck, 0, 0);
  }

  FiveTuple tuple_;
  Phase phase_ = Phase::Ended;
  bool opened_before_ = false;
  std::array<std::uint32_t, 2> isn_{};
  std::array<std::uint32_t, 2> next_{};
  std::array<std::uint32_t, 2> acked_{};
  std::array<bool, 2> fin_{};
};

}  // namespace

std::vector<Segment> random_segments(unsigned seed, std::size_t count) {
  Random random(seed);
  constexpr std::uint16_t kFlags[] = {kSyn, kSyn | kAck, kAck,        kAck | kPsh, kFin | kAck,
                                      kRst, kRst | kAck, kSyn | kFin, 0,           kFin | kRst};
  std::vector<Segment> segments(count);
  double now = 0;
  for (std::size_t i = 0; i < count; ++i) {
    Segment& s = segments[i];
    now += random.one_in(100) ? random.below(200) : random.below(1000) / 10000.0;
    if (random.one_in(500)) now -= 50;
    s.time = at(now) + Duration{i};
    const FiveTuple tuple{{Address::from_v4(0xC0000201 + random.below(4)),
                           static_cast<std::uint16_t>(40000 + random.below(3))},
                          {Address::from_v4(0xC6336401 + random.below(2)),
                           static_cast<std::uint16_t>(random.below(2) != 0 ? 80 : 50000)}};
    s.tuple = random.below(2) != 0 ? tuple : tuple.reversed();
    s.flags = kFlags[random.below(std::size(kFlags))];
    s.seq = 1000 + random.below(6) * 10 + (random.one_in(50) ? random.number() : 0);
    s.ack = 1000 + random.below(6) * 10 + random.below(2);
    s.payload = random.one_in(3) ? random.below(30) : 0;
    s.ip_length = 40 + s.payload;
    s.window = static_cast<std::uint16_t>(random.below(10) * 100);
    s.interface = static_cast<std::uint16_t>(random.one_in(20));
    s.kind = random.one_in(40) ? SegmentKind::IcmpError : SegmentKind::Tcp;
  }
  return segments;
}

std::vector<Segment> random_conversations(unsigned seed, std::size_t count) {
  Random random(seed);
  std::vector<RandomConversation> conversations;
  for (std::uint16_t port = 0; port < 12; ++port) {
    FiveTuple tuple = lab_tuple();
    tuple.orig.port = static_cast<std::uint16_t>(tuple.orig.port + port);
    conversations.emplace_back(tuple);
  }
  std::vector<Segment> segments;
  const double step = 50.0 / static_cast<double>(count);
  for (std::size_t i = 0; i < count; ++i) {
    segments.push_back(
        conversations[random.below(static_cast<unsigned>(conversations.size()))].step(random));
    segments.back().time = at(static_cast<double>(i) * step);
  }
  return segments;
}

}  // namespace synfin::test
