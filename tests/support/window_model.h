/// \file
/// WindowModel: a slow second model of the windows of one connection, independent of Lifecycle.
///
/// It computes an upper bound for the bytes of each end: a number counts only if it lies below the
/// largest window that the peer offered (RFC 9293 §3.10.7.4), or if both ends named it. It keeps
/// every number that it ever saw and prefers the larger result in each doubtful case, so a record
/// above the bound is wrong, while one below it may still be wrong.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "synfin/decode/segment.h"

namespace synfin::test {

class WindowModel {
 public:
  /// Applies a TCP segment that `sender` (0 or 1) sent.
  void observe(const Segment& segment, unsigned sender);

  /// The most bytes that `end` may have sent.
  std::uint64_t max_bytes(unsigned end) const;

 private:
  struct Range {
    std::uint32_t begin;
    std::uint32_t end;
  };
  struct Offer {
    std::uint32_t ack;
    std::uint64_t window;
    std::int64_t most;  ///< how far ahead the table stores a right edge
  };
  /// The numbers of one end, if its first number is `base`. Positions do not wrap.
  struct Stream {
    std::int64_t base;
    std::int64_t reach;               ///< one past the highest number that counts
    std::int64_t limit;               ///< the right edge of the largest window
    std::int64_t unit;                ///< the table rounds the edge up to a multiple of this
    std::vector<Range> data;          ///< that it sent
    std::vector<std::uint32_t> acks;  ///< of the peer
    bool begun;                       ///< the end has sent one of its numbers
  };
  struct End {
    std::vector<Stream> streams;  ///< one for each number that may have been the first
    std::vector<Offer> offers;
    std::vector<std::uint32_t> resets;  ///< the numbers of its RSTs
    std::uint64_t unconfirmed = 0;      ///< payload that it sent while no peer confirms numbers
    std::uint64_t payload = 0;          ///< all that it sent
    bool seen = false;
    bool agrees = false;  ///< one of its acknowledgements fits a stream of its peer
    bool began_with_syn = false;
    bool scale_is_sure = false;  ///< the window scale of its SYN counts
    bool anchored = false;       ///< its SYN began the connection, or its SYN-ACK answered one
    unsigned scale = 0;          ///< the largest one in a SYN
  };

  static std::int64_t position(const Stream& stream, std::uint32_t number);
  static bool fits(const Stream& stream, std::int64_t position);
  void begin_stream(End& own, const End& peer, const Segment& s);
  /// Returns true if the segment fits.
  bool send(Stream& stream, const Segment& s, End& own, const End& peer);
  static bool acknowledge(Stream& stream, const Offer& offer);

  std::array<End, 2> ends_;
};

}  // namespace synfin::test
