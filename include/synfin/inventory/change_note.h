/// \file
/// ChangeNote: a change as the inventory keeps it until somebody needs its texts.
///
///     Inventory → ChangeNote → state file (state_pack.h)
///                            → Inventory::expand() → Change
///
/// A busy network changes many times a second while it is learned, and nobody reads most of these
/// changes. Notes have no texts, so that they cost little. Tested in
/// tests/unit/inventory/inventory_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/base/time.h"
#include "synfin/inventory/change.h"

namespace synfin {

enum class ChangeCauseKind : std::uint8_t {
  None,
  Handshake,     ///< `client` completed a handshake; `ns` is the answer time, if known
  Refused,       ///< an RST refused the SYN of `client`
  IcmpError,     ///< an ICMP error answered the SYN of `client`
  NoAnswer,      ///< several attempts got no answer, the last by `client`
  NotProven,     ///< no handshake since `ns`
  OtherProcess,  ///< `process` owned the port before
  NeverReached,  ///< `client` never reached the service before
  FirstPorts,    ///< a host completed its first handshakes
  SameDevice,    ///< the MAC address of the host was that of `client` before
};
inline constexpr int kChangeCauseKinds = 10;

/// Why a change is one.
struct ChangeCause {
  ChangeCauseKind kind = ChangeCauseKind::None;
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  std::uint32_t process = 0;  ///< Inventory::process()
  std::int64_t ns = 0;        ///< a duration or a time, see ChangeCauseKind; else unused
  Address client{};

  /// The cause as a sentence without a full stop. `process` is the text of the process, `ports` the
  /// number of ports that a new host shows.
  std::string sentence(std::string_view process, std::size_t ports) const;
};

struct PortNote {
  std::uint32_t key = 0;  ///< PortEntry::key
  std::uint32_t witnesses = 0;
  std::uint32_t process = 0;
  PortState state = PortState::Unknown;
  PortState was = PortState::Unknown;
};

/// See Change, which has the same members.
struct ChangeNote {
  std::uint64_t id = 0;
  Timestamp time{};
  ChangeCause cause;
  std::uint32_t host = 0;  ///< HostEntry::id
  ChangeKind kind = ChangeKind::NewHost;
  bool alert = false;
  std::uint32_t more_ports = 0;
  PortNote port;
  std::vector<PortNote> ports;
};

}  // namespace synfin
