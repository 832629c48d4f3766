/// \file
/// Writes a capture of a known kind, and beside it the totals that a correct analyzer reports
/// (CAPTURE.truth.json).
///
///     generate PROFILE CAPTURE [--scale N] [--seed N]       PROFILE: mixed, short, flood, elephant
///
/// Thousands of conversations run at the same time; each waits in a queue for the time of its next
/// segment. The last one begins 15 s after all others, so that no attempt is pending at the end.
#include <cstdlib>
#include <cstring>
#include <queue>
#include <string>
#include <vector>

#include "bench/conversation.h"
#include "bench/frame_writer.h"
#include "bench/profiles.h"
#include "bench/random.h"
#include "bench/truth.h"

namespace synfin::bench {
namespace {

constexpr std::uint64_t kStart = 1'700'000'000'000'000;  // µs; 14 November 2023
constexpr std::uint64_t kQuietEnd = 15'000'000;
constexpr std::uint16_t kServices[] = {443, 443, 443, 443,  80,   80,   22,   25,   53,   993,
                                       995, 389, 636, 3306, 5432, 6379, 8080, 8443, 9092, 5222};
constexpr std::uint16_t kFirstEphemeral = 20'000;

/// Assigns addresses and ports; no two connections have the same tuple.
class Addresses {
 public:
  Addresses(const Profile& profile, Random& random)
      : profile_(profile), random_(random), ports_(profile.clients) {
    for (std::uint32_t& port : ports_) port = random_.below(1000);
  }

  /// True if the connection is over IPv6.
  bool assign(std::array<Endpoint, 2>& ends) {
    const std::uint32_t client = random_.below(profile_.clients);
    const std::uint32_t server = random_.below(profile_.servers);
    const bool v6 = client % 10 * 100 < profile_.v6_per_mille;
    ends[0] = v6 ? v6_endpoint(0xC, client) : v4_endpoint(0x0A000000 + spread(client, 0xFFFFFF));
    ends[1] = v6 ? v6_endpoint(0x5, server)
                 : v4_endpoint(0xC6120000 + spread(server, 0x1FFFF));  // 198.18.0.0/15
    ends[0].port = static_cast<std::uint16_t>(kFirstEphemeral + ports_[client]++ % 45'000);
    ends[1].port = kServices[random_.below(std::size(kServices))];
    return v6;
  }

  /// A spoofed source, never the same twice, and the flooded server.
  void assign_spoofed(std::array<Endpoint, 2>& ends) {
    std::uint32_t address = 0;
    do {
      address = ++spoofed_ * 0x9E3779B1u;  // odd, so that no address repeats
    } while (address >> 24 == 0 || address >> 24 == 10 || address >> 24 == 127 ||
             address >> 24 >= 224);
    ends[0] = v4_endpoint(address);
    ends[0].port = static_cast<std::uint16_t>(random_.between(1024, 65'535));
    ends[1] = v4_endpoint(0xC6120000 + spread(0, 0x1FFFF));
    ends[1].port = 80;
  }

 private:
  /// Maps distinct numbers below a mask of ones to distinct numbers that are far apart.
  static std::uint32_t spread(std::uint32_t number, std::uint32_t mask) {
    return (number * 0x9E3779B1u + 0x1234) & mask;
  }

  static Endpoint v4_endpoint(std::uint32_t address) {
    Endpoint end;
    for (std::size_t i = 0; i < 4; ++i)
      end.address[i] = static_cast<std::uint8_t>(address >> (24 - 8 * i));
    return end;
  }

  static Endpoint v6_endpoint(std::uint8_t net, std::uint32_t number) {
    Endpoint end = v4_endpoint(0x20010DB8);  // 2001:db8::/32
    const Endpoint host = v4_endpoint(number * 0x9E3779B1u);
    end.address[7] = net;
    for (std::size_t i = 0; i < 4; ++i) end.address[12 + i] = host.address[i];
    end.v6 = true;
    return end;
  }

  const Profile& profile_;
  Random& random_;
  std::vector<std::uint32_t> ports_;  ///< the number that each client has used
  std::uint32_t spoofed_ = 0;
};

class Generator {
 public:
  Generator(const Profile& profile, double scale, std::uint64_t seed, const char* path)
      : profile_(profile),
        random_(seed),
        addresses_(profile_, random_),
        writer_(path),
        connections_(scaled(profile.connections, scale)),
        flood_(profile.flood == 0 ? 0 : scaled(profile.flood, scale)) {}

  const Truth& run() {
    while (started_ < connections_ || spoofed_ < flood_) step_to_next_arrival();
    send_until(~std::uint64_t{0});
    begin(now_ + kQuietEnd, Ending::FinByOrig);
    send_until(~std::uint64_t{0});
    truth_.file_bytes = writer_.size();
    return truth_;
  }

 private:
  struct SegmentStep {
    std::uint64_t time_us;
    std::uint32_t who;
    bool operator>(const SegmentStep& other) const {
      return time_us != other.time_us ? time_us > other.time_us : who > other.who;
    }
  };

  static std::uint32_t scaled(std::uint32_t count, double scale) {
    const auto n = static_cast<std::uint32_t>(count * scale);
    return n > 1 ? n - 1 : 1;  // the last one is the quiet end
  }

  std::uint64_t arrival(std::uint64_t number) const {
    return kStart + number * 1'000'000 / profile_.per_second;
  }

  void step_to_next_arrival() {
    const std::uint64_t real = started_ < connections_ ? arrival(started_) : ~std::uint64_t{0};
    // The flood is spread over the time of the connections.
    const std::uint64_t fake = spoofed_ < flood_
                                   ? kStart + spoofed_ * (arrival(connections_) - kStart) / flood_
                                   : ~std::uint64_t{0};
    send_until(std::min(real, fake));
    if (fake < real) {
      begin_spoofed(fake);
    } else {
      ++started_;
      begin(real, draw_ending(profile_.shape, random_));
    }
  }

  std::uint32_t free_slot() {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(conversations_.size()));
      conversations_.emplace_back();
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    truth_.most_at_once =
        std::max<std::uint64_t>(truth_.most_at_once, conversations_.size() - free_.size());
    return slot;
  }

  void begin(std::uint64_t time_us, Ending ending) {
    const std::uint32_t slot = free_slot();
    Conversation& c = conversations_[slot];
    c.ending = ending;
    c.next = {random_.bits32(), random_.bits32()};
    truth_.v6_connections += addresses_.assign(c.ends);
    write_script(c, profile_.shape, random_);
    ++truth_.endings[static_cast<std::size_t>(ending)];
    queue_.push({time_us, slot});
  }

  void begin_spoofed(std::uint64_t time_us) {
    const std::uint32_t slot = free_slot();
    Conversation& c = conversations_[slot];
    c.ending = Ending::Unanswered;
    c.next = {random_.bits32(), 0};
    addresses_.assign_spoofed(c.ends);
    c.steps.assign(1, Step{.flags = kSyn});
    c.position = 0;
    ++spoofed_;
    ++truth_.endings[static_cast<std::size_t>(c.ending)];
    queue_.push({time_us, slot});
  }

  /// Writes all segments that are due before `limit_us`, in order of time.
  void send_until(std::uint64_t limit_us) {
    while (!queue_.empty() && queue_.top().time_us < limit_us) {
      const SegmentStep turn = queue_.top();
      queue_.pop();
      Conversation& c = conversations_[turn.who];
      send(c, turn.time_us);
      now_ = turn.time_us;
      if (c.finished()) {
        free_.push_back(turn.who);
      } else {
        queue_.push({turn.time_us + c.steps[c.position].gap_us, turn.who});
      }
    }
  }

  void send(Conversation& c, std::uint64_t time_us) {
    const Step& step = c.steps[c.position++];
    const std::size_t other = 1u - step.side;
    const bool no_sequence = c.ending == Ending::Refused && step.side == 1;  // RFC 9293 §3.10.7.1
    const std::uint32_t length = step.payload + (step.flags & (kSyn | kFin) ? 1 : 0);
    if (!step.again) c.next[step.side] += length;
    const std::uint32_t ip_length =
        writer_.write({.time_us = time_us,
                       .from = &c.ends[step.side],
                       .to = &c.ends[other],
                       .seq = no_sequence ? 0 : c.next[step.side] - length,
                       .ack = step.flags & kAck ? c.next[other] : 0,
                       .payload = step.payload,
                       .flags = step.flags,
                       .ttl = static_cast<std::uint8_t>(step.side == 0 ? 64 : 57)});
    ++truth_.packets[step.side];
    truth_.ip_bytes[step.side] += ip_length;
    truth_.bytes[step.side] += step.again ? 0 : step.payload;
    truth_.syn_retries += step.again && step.flags == kSyn;
  }

  const Profile& profile_;
  Random random_;
  Addresses addresses_;
  FrameWriter writer_;
  std::uint64_t connections_;
  std::uint64_t flood_;
  std::uint64_t started_ = 0;
  std::uint64_t spoofed_ = 0;
  std::uint64_t now_ = kStart;
  std::vector<Conversation> conversations_;
  std::vector<std::uint32_t> free_;
  std::priority_queue<SegmentStep, std::vector<SegmentStep>, std::greater<>> queue_;
  Truth truth_;
};

int usage() {
  std::fprintf(stderr,
               "usage: generate mixed|short|flood|elephant CAPTURE [--scale N] [--seed N]\n");
  return 2;
}

int run(int argc, char** argv) {
  double scale = 1;
  std::uint64_t seed = 1;
  const Profile* const profile = argc >= 3 ? find_profile(argv[1]) : nullptr;
  if (profile == nullptr || argc % 2 == 0) return usage();
  for (int i = 3; i < argc; i += 2) {
    if (std::strcmp(argv[i], "--scale") == 0) {
      scale = std::atof(argv[i + 1]);
    } else if (std::strcmp(argv[i], "--seed") == 0) {
      seed = std::strtoull(argv[i + 1], nullptr, 10);
    } else {
      return usage();
    }
  }
  const Truth truth = Generator(*profile, scale, seed, argv[2]).run();
  std::FILE* const out = std::fopen((std::string(argv[2]) + ".truth.json").c_str(), "w");
  if (out == nullptr) {
    std::perror("writing the truth");
    return 1;
  }
  truth.print(out);
  return std::fclose(out) == 0 ? 0 : 1;
}

}  // namespace
}  // namespace synfin::bench

int main(int argc, char** argv) { return synfin::bench::run(argc, argv); }
