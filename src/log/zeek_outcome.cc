// See zeek_outcome.h. Letters of the history are in upper case if the originator sent the packet:
// https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html.
#include "log/zeek_outcome.h"

#include <string_view>

namespace synfin {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool has(std::string_view history, char letter) { return history.find(letter) != kNone; }

/// The side that sent the first of `orig` and `resp`.
Side first_of(std::string_view history, char orig, char resp) {
  const std::size_t at_orig = history.find(orig);
  const std::size_t at_resp = history.find(resp);
  if (at_orig == at_resp) return Side::None;  // neither was seen
  return at_orig < at_resp ? Side::Orig : Side::Resp;
}

/// True if the originator sent something other than an RST after the SYN-ACK, which acknowledges
/// it. If nothing of the responder was seen but bare acknowledgements, one of the originator shows
/// that there was a SYN-ACK.
bool handshake(std::string_view history) {
  const std::size_t synack = history.find('h');
  if (synack == kNone) {
    const std::size_t syn = history.find('S');
    const bool alone = history.find_first_of("sdfrcgiqtw") == kNone;
    return alone && syn != kNone && history.find_first_of("AD", syn) != kNone;
  }
  return history.find_first_of("ADFGT", synack) != kNone ||
         // The capture may have seen the acknowledgement before the SYN-ACK.
         history.substr(0, synack).find_first_of("AD") != kNone;
}

/// A lone answer to packets that were not captured.
bool is_backscatter(std::string_view history) {
  if (has(history, 'S')) return false;
  return !history.empty() && history.find_first_not_of("^hrHR") == kNone;
}

Outcome reset(const ConnectionRecord& r) {
  const std::string_view history = r.history.view();
  if (!has(history, 'S') && !has(history, 'h')) return Outcome::Midstream;
  if (handshake(history)) return Outcome::Reset;
  if (first_of(history, 'R', 'r') == Side::Orig) return Outcome::Aborted;
  // A responder that gives up a handshake resets it.
  const bool gives_up = has(history, 'S') && has(history, 'h') && !has(history, 'd');
  return gives_up ? Outcome::HalfOpen : Outcome::Reset;
}

/// True if an RST answered the SYN. The state is also REJ if both ends have reset a connection
/// without data.
bool is_refused(std::string_view history) {
  return history.empty() || (has(history, 'S') && !has(history, 'h') && !has(history, 's') &&
                             first_of(history, 'R', 'r') == Side::Resp);
}

Outcome outcome_of(const ConnectionRecord& r) {
  const std::string_view history = r.history.view();
  if (is_backscatter(history)) return Outcome::Backscatter;
  const bool begun = history.empty() || has(history, 'S') || has(history, 'h');
  switch (r.state) {
    case ConnState::S0:
      // Its answers took another route.
      return history.find_first_of("AD") != kNone ? Outcome::Open : Outcome::Unanswered;
    case ConnState::REJ:
      return is_refused(history) ? Outcome::Refused : reset(r);
    case ConnState::RSTOS0:
      return Outcome::Aborted;
    case ConnState::RSTO:
    case ConnState::RSTR:
    case ConnState::RSTRH:
      return history.empty() ? Outcome::Reset : reset(r);
    case ConnState::S1:
      return history.empty() || handshake(history) ? Outcome::Open : Outcome::HalfOpen;
    case ConnState::SF:
    case ConnState::S2:
    case ConnState::S3:
    case ConnState::SH:
    case ConnState::SHR:
      return begun ? Outcome::Closed : Outcome::Midstream;
    case ConnState::OTH:
      break;
  }
  const bool reset_by_orig = has(history, 'S') && has(history, 'R');
  if (handshake(history)) return reset_by_orig ? Outcome::Reset : Outcome::Open;
  return reset_by_orig ? Outcome::Aborted : Outcome::Midstream;
}

DirectionBasis direction_of(std::string_view history) {
  if (has(history, 'S')) return DirectionBasis::Syn;
  if (has(history, 'h')) return DirectionBasis::Synack;
  return has(history, '^') ? DirectionBasis::Port : DirectionBasis::First;
}

}  // namespace

void derive_outcome(ConnectionRecord& r) {
  const std::string_view history = r.history.view();
  r.outcome = outcome_of(r);
  r.direction_basis = direction_of(history);
  r.closed_by = first_of(history, 'F', 'f');
  const bool by_rst =
      r.outcome == Outcome::Reset || r.outcome == Outcome::Aborted || r.outcome == Outcome::Refused;
  if (by_rst) {
    r.closed_by = first_of(history, 'R', 'r');
    r.rst_basis = RstBasis::Unverified;
  }
}

}  // namespace synfin
