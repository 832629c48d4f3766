/// \file
/// PathSimulator: connections that pass two points, and the segments that a capture at either point
/// shows, with the truth about what happened between them.
///
///   PathSimulator path;
///   path.lose = [](const Segment& s, Way way) { return way == kToClient && is_syn_ack(s); };
///   path.converse({.start = 1.0});
///   const PathReport report = path.compare();
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "path/analysis.h"

namespace synfin::test {

struct Conversation {
  double start = 0;          ///< seconds after kPathBegin, by the true clock
  std::uint16_t number = 1;  ///< of the client's port and of the initial sequence numbers
  std::uint32_t request = 100;
  std::uint32_t response = 3000;
  bool from_server = false;  ///< the server's side opens it
  bool ipv6 = false;
};

/// 2026-01-01.
inline constexpr Timestamp kPathBegin = timestamp_from_ns(1'767'225'600'000'000'000);

class PathSimulator {
 public:
  // The path. Each may change between conversations.
  std::array<double, 2> delay{0.010, 0.010};  ///< seconds, by Way
  double offset = 0;                          ///< of the server's clock, seconds
  double drift_ppm = 0;
  std::uint32_t segment_size = 1448;
  /// What the sender's capture shows at once; the path divides it.
  std::uint32_t offloaded_size = 1448;
  std::function<bool(const Segment&, Way)> lose;
  /// Changes a segment from what the client's point sees to what the server's point sees; `way` is
  /// that of the segment.
  std::function<void(Segment&, Way)> rewrite;
  /// Whether the capture at this point misses the segment.
  std::function<bool(const Segment&, Point)> miss;

  std::uint64_t lost = 0;  ///< segments, by `lose`

  /// A handshake, a request, its response and the close. Lost segments are not sent again, and a
  /// lost SYN or SYN-ACK ends the conversation.
  void converse(const Conversation& conversation);
  /// One segment as the client's point sees it, sent at `time`.  Returns false if it is lost.
  bool send(double time, Way way, Segment segment);
  /// A segment that begins on the path, for the target of `way`.
  void inject(double time, Way way, Segment segment);

  static Segment segment(const Conversation& conversation, Sender sender, std::uint16_t flags,
                         std::uint32_t seq, std::uint32_t ack, std::uint32_t payload);
  static std::uint32_t isn(const Conversation& conversation, Sender sender);

  PathReport compare(const PathOptions& options = {}) const;
  /// At most `max_segments` of what the capture at this point shows.
  Trace trace(Point point, std::size_t max_segments = 10'000'000) const;
  std::array<std::vector<Segment>, 2> seen;  ///< by Point, in the order of time

 private:
  void show(double time, Point point, Segment segment);
  void transfer(double& time, const Conversation& conversation, Sender sender,
                std::array<std::uint32_t, 2>& next);
};

/// `count` conversations, 50 ms apart from `start` on, with the numbers from that of `like` on.
void converse(PathSimulator& path, int count, double start = 1, Conversation like = {});

/// The names of the findings, with "<" and ">" for the way to the client and to the server.
std::vector<std::string> names_of(const PathReport& report);

bool is_syn(const Segment& segment);
bool is_syn_ack(const Segment& segment);

}  // namespace synfin::test
