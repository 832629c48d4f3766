// See attacked_conversation.h.
#include "support/attacked_conversation.h"

#include <algorithm>
#include <iterator>

#include "support/lab.h"

namespace synfin::test {
namespace {

constexpr std::uint64_t kNever = 1 << 30;

struct Host {
  std::uint32_t isn = 0;
  std::uint32_t next = 0;
  std::uint32_t right = 0;  ///< the edge of the window that it may fill
  std::uint64_t sent = 0;
  unsigned scale = kNoWindowScale;
};

/// What the capture does not contain.
struct CaptureLoss {
  unsigned unseen = 0;            ///< segments before it begins
  unsigned hidden = 2;            ///< the end whose packets take another route; 2 = none
  std::uint64_t one_in = kNever;  ///< the capture loses one packet of this many
};

/// Both hosts, the attacker and the capture point. End 0 is the originator.
class Exchange {
 public:
  Exchange(std::mt19937& random, Timestamp& now) : random_(random), now_(now) {
    const bool scaled = one_in(2);
    for (unsigned e = 0; e < 2; ++e) {
      hosts_[e].isn = one_in(3) ? 0u - below(3000) : number();
      hosts_[e].next = hosts_[e].isn;
      hosts_[e].scale = scaled ? below(15) : kNoWindowScale;
    }
    if (one_in(10)) hosts_[below(2)].scale = kNoWindowScale;
    // A SYN-ACK has the option only if the SYN has it (RFC 7323 §1.3).
    if (hosts_[0].scale == kNoWindowScale) hosts_[1].scale = kNoWindowScale;
    scales_ = hosts_[0].scale != kNoWindowScale && hosts_[1].scale != kNoWindowScale;
    window_ = one_in(4) ? 1 + below(2000) : 4000 + below(61'000);
    switch (below(6)) {
      case 0:
        capture_.one_in = 2 + below(8);
        break;
      case 1:
        capture_.one_in = 100;
        break;
      case 2:
        capture_.unseen = 1 + below(6);
        break;
      case 3:
        if (one_in(2)) capture_.hidden = below(2);
        break;
      default:
        break;
    }
    out_.complete = capture_.one_in == kNever && capture_.unseen == 0 && capture_.hidden == 2;
  }

  AttackedConversation run() {
    shake();
    const unsigned steps = 2 + below(20);
    for (unsigned i = 0; i < steps; ++i) {
      exchange();
      if (one_in(5)) forge();
    }
    if (!one_in(6)) close();
    for (unsigned e = 0; e < 2; ++e) out_.bytes[e] = hosts_[e].sent;
    return std::move(out_);
  }

  AttackedConversation run_hostile() {
    capture_.one_in = kNever;
    capture_.unseen = 0;
    capture_.hidden = 2;
    shake();
    const unsigned steps = 1 + below(30);
    for (unsigned i = 0; i < steps; ++i) hostile_step();
    out_.complete = false;
    return std::move(out_);
  }

 private:
  std::uint32_t number() { return static_cast<std::uint32_t>(random_()); }
  unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }
  bool one_in(std::uint64_t n) { return n != kNever && random_() % n == 0; }

  Segment make(unsigned e, std::uint16_t flags, std::uint32_t seq, std::uint32_t ack,
               std::uint32_t payload) {
    Segment s;
    s.tuple = e == 0 ? lab_tuple() : lab_tuple().reversed();
    s.flags = flags;
    s.seq = seq;
    s.ack = (flags & kAck) != 0 ? ack : 0;
    s.payload = payload;
    s.ip_length = 40 + payload;
    s.window = static_cast<std::uint16_t>(window_);
    s.ip_id = static_cast<std::uint16_t>(++id_);
    s.ttl = 60;
    if ((flags & kSyn) != 0) s.window_scale = static_cast<std::uint8_t>(hosts_[e].scale);
    constexpr std::uint32_t kSteps[] = {1'000, 100'000, 20'000'000, 300'000'000};
    now_ += Duration{1 + below(kSteps[below(std::size(kSteps))])};
    s.time = now_;
    return s;
  }

  void capture(const Segment& s, unsigned e, bool forged) {
    out_.segments.push_back({s, e, forged});
  }

  /// Sends a real segment, which the capture may lose.
  void emit(unsigned e, std::uint16_t flags, std::uint32_t seq, std::uint32_t payload = 0) {
    if (!scales_ || (flags & kSyn) != 0) hosts_[e ^ 1u].right = hosts_[e ^ 1u].next + window_;
    if (scales_ && (flags & kSyn) == 0) {
      const std::uint32_t scaled = window_ << hosts_[e].scale;
      hosts_[e ^ 1u].right = hosts_[e ^ 1u].next + scaled;
    }
    const Segment s = make(e, flags, seq, hosts_[e ^ 1u].next, payload);
    if (++emitted_ <= capture_.unseen || capture_.hidden == e || one_in(capture_.one_in)) return;
    capture(s, e, false);
  }

  void shake() {
    emit(0, kSyn, hosts_[0].isn);
    hosts_[0].next = hosts_[0].isn + 1;
    while (one_in(8)) emit(0, kSyn, hosts_[0].isn);
    emit(1, kSyn | kAck, hosts_[1].isn);
    hosts_[1].next = hosts_[1].isn + 1;
    emit(0, kAck, hosts_[0].next);
  }

  void exchange() {
    const unsigned e = below(2);
    if (one_in(8)) return emit(e, kAck, hosts_[e].next - 1);  // a keep-alive probe
    if (one_in(4)) return emit(e, kAck, hosts_[e].next);
    if (hosts_[e].sent > 0 && one_in(6)) {
      const auto back = std::min<std::uint64_t>(hosts_[e].sent, 1 + below(3000));
      const auto old = static_cast<std::uint32_t>(back);
      return emit(e, kAck | kPsh, hosts_[e].next - old, std::min(old, 1000u));
    }
    for (unsigned burst = 1 + below(4); burst > 0; --burst) {
      const std::uint32_t free = hosts_[e].right - hosts_[e].next;
      const std::uint32_t size = std::min(free, one_in(10) ? below(60'000) : 1 + below(1460));
      if (static_cast<std::int32_t>(free) <= 0 || size == 0) break;
      emit(e, kAck | kPsh, hosts_[e].next, size);
      hosts_[e].next += size;
      hosts_[e].sent += size;
    }
    if (!one_in(4)) emit(e ^ 1u, kAck, hosts_[e ^ 1u].next);
  }

  void close() {
    const unsigned first = below(2);
    for (const unsigned e : {first, first ^ 1u}) {
      emit(e, kFin | kAck, hosts_[e].next);
      ++hosts_[e].next;
    }
    emit(first, kAck, hosts_[first].next);
    out_.closed = true;
  }

  /// A distance outside the window on either side.
  std::uint32_t far() {
    const std::uint32_t window = 65'536u
                                 << (scales_ ? std::max(hosts_[0].scale, hosts_[1].scale) : 0u);
    // Without a SYN, the table must assume the largest scale.
    const std::uint32_t assumed = out_.complete ? window : 65'536u << 14;
    const std::uint32_t least = std::min(2 * assumed, assumed + (16u << 20)) + 70'000;
    const std::uint32_t distance = least + number() % (0x7FFFFFF0 - least);
    return one_in(2) ? distance : 0u - distance;
  }

  void forge() {
    const unsigned e = below(2);
    const std::uint32_t seq = hosts_[e].next;
    const std::uint32_t ack = hosts_[e ^ 1u].next;
    const std::uint32_t any = one_in(2) ? ack : ack + far();
    const std::uint32_t size = 1 + below(1400);
    switch (below(11)) {
      case 0:
        return capture(make(e, kAck, seq, ack + far(), 0), e, true);
      case 1:
        return capture(make(e, kAck, seq + far(), any, 0), e, true);
      case 2:
        return capture(make(e, kAck | kPsh, seq + far(), any, size), e, true);
      case 3:
        return capture(make(e, kRst, seq + far(), 0, 0), e, true);
      case 4:
        return capture(make(e, kRst | kAck, seq + far(), any, 0), e, true);
      case 5:
        return capture(make(e, kFin | kAck, seq + far(), any, 0), e, true);
      case 6:
        capture(make(0, kSyn, hosts_[0].next + far(), 0, 0), 0, true);
        if (one_in(2)) emit(1, kAck, hosts_[1].next);  // the challenge ACK
        return;
      case 7:
        return capture(make(1, kSyn | kAck, hosts_[1].next + far(), hosts_[0].next, 0), 1, true);
      case 8:
        // Without the other end's packets, nothing shows that this one is forged.
        if (!out_.complete) return;
        return capture(make(e, kAck | kPsh, seq, ack + far(), size), e, true);
      case 9:
        return capture(make(e, 0, seq + far(), 0, below(2) * size), e, true);
      default:
        return capture(make(e, kFin | kPsh | kUrg, seq + far(), 0, 0), e, true);
    }
  }

  std::uint32_t near(std::uint32_t x) {
    constexpr std::int64_t kSteps[] = {
        -1,     0,      0,      0,      0,      0,     1,     2,       100,       -100,
        1460,   64'240, 65'535, 65'536, 65'537, 2'048, -2048, -65'536, 1LL << 31, -(1LL << 31),
        1 << 30};
    if (one_in(5)) return number();
    return x + static_cast<std::uint32_t>(kSteps[below(std::size(kSteps))]);
  }

  void hostile_step() {
    constexpr std::uint16_t kFlags[] = {kAck,
                                        kAck,
                                        kAck,
                                        kAck | kPsh,
                                        kAck | kPsh,
                                        kFin | kAck,
                                        kFin,
                                        kSyn | kAck,
                                        kRst,
                                        kRst | kAck,
                                        kSyn,
                                        kSyn | kFin,
                                        kSyn | kRst,
                                        kFin | kRst,
                                        0,
                                        kUrg,
                                        kSyn | kFin | kAck};
    constexpr std::uint16_t kWindows[] = {0, 1, 3, 1000, 65535};
    const unsigned e = below(2);
    const std::uint16_t flags = kFlags[below(std::size(kFlags))];
    const std::uint32_t size = one_in(2) ? below(1400) : 0;
    const bool opening = (flags & kSyn) != 0 && one_in(2);
    const std::uint32_t seq = opening ? hosts_[e].isn : near(hosts_[e].next);
    window_ = kWindows[below(std::size(kWindows))];
    capture(make(e, flags, seq, near(hosts_[e ^ 1u].next), size), e, true);
    if (one_in(2)) hosts_[e].next = seq + size + ((flags & (kSyn | kFin)) != 0);
    if (one_in(200)) now_ += std::chrono::seconds{6};
  }

  std::mt19937& random_;
  Timestamp& now_;
  AttackedConversation out_;
  std::array<Host, 2> hosts_;
  CaptureLoss capture_;
  bool scales_ = false;
  unsigned window_ = 0;
  unsigned id_ = 0;
  unsigned emitted_ = 0;
};

}  // namespace

AttackedConversation attacked_conversation(std::mt19937& random, Timestamp& now) {
  return Exchange(random, now).run();
}

AttackedConversation hostile_sequence(std::mt19937& random, Timestamp& now) {
  return Exchange(random, now).run_hostile();
}

}  // namespace synfin::test
