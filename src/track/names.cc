// The names that logs, reports and event lines use for the enumerations of a connection.
//
// A value outside its enumeration has the name "?". Declared in synfin/track/connection.h and
// synfin/track/event.h; tested in tests/unit/track/names_test.cc.
#include <array>
#include <cstddef>
#include <string_view>

#include "synfin/track/connection.h"
#include "synfin/track/event.h"

namespace synfin {
namespace {

using Name = std::string_view;

constexpr std::array<Name, kConnStates> kConnStateNames{
    "S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH"};
constexpr std::array<Name, kOutcomes> kOutcomeNames{
    "open",        "closed",    "reset",   "refused",   "unanswered", "pending",
    "unreachable", "half_open", "aborted", "midstream", "backscatter"};
constexpr std::array<Name, 7> kBytesBasisNames{"none",   "seen",   "fin",      "rst",
                                               "modulo", "socket", "one_sided"};
constexpr std::array<Name, 5> kDirectionBasisNames{"syn", "synack", "port", "first", "socket"};
constexpr std::array<Name, 4> kRstBasisNames{"none", "verified", "unverified", "confirmed"};
constexpr std::array<Name, 3> kSideNames{"none", "orig", "resp"};
constexpr std::array<Name, kCauses> kCauseNames{
    "none",           "refused",       "refused_on_path",      "filtered",
    "host_away",      "unreachable",   "handshake_incomplete", "accepted_dropped",
    "mtu_black_hole", "reset_on_path", "backscatter"};
constexpr std::array<Name, 4> kConfidenceNames{"none", "possible", "likely", "certain"};
constexpr std::array<Name, 15> kTunnelNames{"none",   "ipip", "gre",    "erspan", "vxlan",
                                            "geneve", "gtpu", "teredo", "gre",    "tzsp",
                                            "l2tp",   "lisp", "capwap", "gue",    "etherip"};
constexpr std::array<Name, kProbes> kProbeNames{"syn",     "fin",    "null", "xmas",
                                                "syn+fin", "maimon", "ack"};
constexpr std::array<Name, kEventKinds> kEventNames{
    "SYN",        "RETRY",   "OPEN",        "MIDSTREAM", "FIN",       "CLOSE",
    "RESET",      "REFUSED", "UNREACHABLE", "ABORTED",   "HALF_OPEN", "BACKSCATTER",
    "UNANSWERED", "TIMEOUT", "REUSED",      "EVICTED",   "RECORD"};

template <std::size_t N, typename Enum>
Name name_of(const std::array<Name, N>& names, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < N ? names[index] : Name{"?"};
}

}  // namespace

std::string_view to_string(ConnState s) { return name_of(kConnStateNames, s); }
std::string_view to_string(Outcome o) { return name_of(kOutcomeNames, o); }
std::string_view to_string(BytesBasis b) { return name_of(kBytesBasisNames, b); }
std::string_view to_string(DirectionBasis b) { return name_of(kDirectionBasisNames, b); }
std::string_view to_string(RstBasis b) { return name_of(kRstBasisNames, b); }
std::string_view to_string(Side s) { return name_of(kSideNames, s); }
std::string_view to_string(TunnelKind t) { return name_of(kTunnelNames, t); }
std::string_view to_string(Probe p) { return name_of(kProbeNames, p); }
std::string_view to_string(Cause c) { return name_of(kCauseNames, c); }
std::string_view to_string(Confidence c) { return name_of(kConfidenceNames, c); }
std::string_view to_string(EventKind kind) { return name_of(kEventNames, kind); }

}  // namespace synfin
