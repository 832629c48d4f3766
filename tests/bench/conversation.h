/// \file
/// Conversation: one TCP connection as a script of segments, with the record that an observer must
/// derive.
///
/// The script admits one correct record only: no tuple is used twice, nothing is lost, and each
/// side acknowledges everything that the other sent.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bench/frame_writer.h"
#include "bench/random.h"

namespace synfin::bench {

enum class Ending : std::uint8_t {
  FinByOrig,
  FinByResp,
  RstByOrig,
  RstByResp,
  Refused,           ///< an RST answers the SYN
  Unanswered,        ///< SYNs with nothing after them
  Aborted,           ///< SYN, then RST from the same side
  HalfOpen,          ///< the SYN-ACK repeats, never acknowledged
  Open,              ///< established, data, no end
  HalfClosedByOrig,  ///< one FIN, acknowledged, and nothing after it
  HalfClosedByResp,
};
inline constexpr int kEndings = 11;

/// The conn_state and outcome of each ending.
std::string_view conn_state_of(Ending ending);
std::string_view outcome_of(Ending ending);

/// The distribution of the connections of a capture.
struct Shape {
  std::array<std::uint16_t, kEndings> per_mille{};  ///< share of each ending, 1000 in all
  std::uint32_t min_exchanges = 1;                  ///< a request, its response, an acknowledgement
  std::uint32_t max_exchanges = 1;
  std::uint32_t more_exchanges = 0;  ///< per mille: the chance of each further one
  std::uint32_t max_request = 600;
  std::uint32_t max_response = FrameWriter::kMaxPayload;
  std::uint32_t long_response = 0;        ///< per mille: responses of several full segments
  std::uint32_t long_segments = 4;        ///< how many at most
  std::uint32_t retransmitted = 0;        ///< per mille of the data segments
  std::uint32_t syn_retries = 2;          ///< at most, of unanswered SYNs
  std::uint32_t mean_think_us = 400'000;  ///< between exchanges
  bool bare = false;  ///< request, response and FINs acknowledge on the way: eight packets in all
};

struct Step {
  std::uint32_t gap_us = 0;  ///< after the step before it
  std::uint16_t payload = 0;
  std::uint8_t flags = 0;
  std::uint8_t side = 0;  ///< 0: the originator sends, 1: the responder
  bool again = false;     ///< the same bytes as this side's last segment
};

struct Conversation {
  std::array<Endpoint, 2> ends;
  std::array<std::uint32_t, 2> next{};  ///< each side's next sequence number
  std::vector<Step> steps;
  std::size_t position = 0;
  Ending ending = Ending::FinByOrig;

  bool finished() const { return position == steps.size(); }
};

/// Replaces the steps of `conversation` according to its ending.
void write_script(Conversation& conversation, const Shape& shape, Random& random);

/// Draws an ending with the probabilities of `shape`.
Ending draw_ending(const Shape& shape, Random& random);

}  // namespace synfin::bench
