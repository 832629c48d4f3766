/// \file
/// Change, Digest and ChangeListener: what the inventory reports, and who receives it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/base/result.h"
#include "synfin/base/time.h"
#include "synfin/base/transport.h"

namespace synfin {

class Database;

enum class ChangeKind : std::uint8_t {
  NewHost,       ///< a host completed its first handshake; `ports` are those it shows at first
  NewPort,       ///< a port of a known host is open
  Closed,        ///< an open port refuses
  Reopened,      ///< a port that was open before is open again
  Silent,        ///< an open port no longer answers, while its host or network does
  Unreachable,   ///< an ICMP error answers for an open port
  Gone,          ///< an open port was not proven open for a long time
  NewProcess,    ///< another process answers on a known port
  FirstContact,  ///< a local client reached a service that it never reached before
  Moved,         ///< a device has another address; `ports` are those that are open
};
inline constexpr int kChangeKinds = 10;

/// True if the change is about a host with all its ports, not about one port.
constexpr bool is_about_host(ChangeKind kind) {
  return kind == ChangeKind::NewHost || kind == ChangeKind::Moved;
}

/// "new_host", "new_port", …
std::string_view to_string(ChangeKind kind);

enum class PortState : std::uint8_t {
  Unknown,      ///< nothing is known
  Provisional,  ///< a SYN-ACK, but no handshake was completed
  Open,         ///< a handshake was completed
  Closed,       ///< an RST refused the SYN
  Silent,       ///< several attempts with several SYNs got no answer
  Unreachable,  ///< an ICMP error answered the SYN
  Gone,         ///< was open; no proof for a long time
};
inline constexpr int kPortStates = 7;

/// "unknown", "provisional", "open", …
std::string_view to_string(PortState state);

/// A port of a host as messages and lists show it.
struct PortSummary {
  std::uint16_t port = 0;
  Transport transport = Transport::Tcp;
  PortState state = PortState::Unknown;
  PortState was = PortState::Unknown;
  std::string name;             ///< of the port: "https"
  std::string process;          ///< "postgres (user postgres, pid 812)"; empty: unknown
  std::uint32_t witnesses = 0;  ///< distinct clients
};

/// A host as messages and lists show it. Texts may be empty. They are hostile: escape them when
/// they are printed.
struct HostSummary {
  Address ip;
  std::string name;
  std::string country;
  std::uint32_t asn = 0;
  std::string as_org;
  std::string mac;  ///< of a host on the same link
  std::string vendor;
  Address previous{};  ///< the address that the device had before; ::, if none is known
};

/// The ports that a change or digest lists of a host.
inline constexpr std::size_t kMaxListedPorts = 50;

struct Change {
  std::string id;  ///< 16 hexadecimal digits; two changes never share one
  Timestamp time{};
  ChangeKind kind = ChangeKind::NewHost;
  HostSummary host;
  PortSummary port;                ///< meaningless if is_about_host(kind), see `ports`
  std::vector<PortSummary> ports;  ///< NewHost: what the host shows at first, one or more
  std::uint32_t more_ports = 0;    ///< of these, how many `ports` lacks
  std::string evidence;            ///< the cause, as a sentence without a full stop
  Address client;                  ///< FirstContact: who reached it
  bool alert = false;              ///< neither learned nor expected: somebody wants to know at once
};

/// "443/tcp".
std::string port_text(const PortSummary& port);
/// "192.0.2.1 (www.example.net)"; hostile text.
std::string host_text(const HostSummary& host);
/// "192.0.2.1 (www.example.net): port 443/tcp is closed"; hostile text.
std::string title_of(const Change& change);

/// The state at the end of an interval, and what changed in it.
struct Digest {
  std::string id;  ///< 16 hexadecimal digits
  Timestamp from{};
  Timestamp to{};
  std::uint64_t hosts_total = 0;  ///< hosts with open ports
  std::uint64_t ports_total = 0;  ///< open ports
  /// The hosts with their open ports, in the order of addresses; the first kMaxHosts of them.
  struct Host {
    HostSummary host;
    std::vector<PortSummary> ports;  ///< the first kMaxListedPorts of them
    std::size_t more_ports = 0;      ///< how many `ports` lacks
  };
  std::vector<Host> hosts;
  /// Of the interval, oldest first; the first kMaxChanges of them.
  std::vector<Change> changes;
  std::uint64_t changes_total = 0;
  /// How often a host was not stored in the interval, because the inventory was full.
  std::uint64_t hosts_not_stored = 0;

  static constexpr std::size_t kMaxHosts = 10'000;
  static constexpr std::size_t kMaxChanges = 10'000;
};

/// A run begins to watch.
struct StartNotice {
  std::string id;
  Timestamp time{};
  std::vector<std::string> sources;  ///< interfaces or files
  bool live = false;
  std::uint64_t known_hosts = 0;  ///< of the state file
  std::uint64_t known_ports = 0;  ///< open ones
};

/// Packets were lost or an interface was down, so that changes may be missing.
struct GapNotice {
  std::string id;
  Timestamp time{};
  std::string sentence;
};

/// Receives what the inventory reports, such as a notifier.
///
/// All calls come from the thread that writes the state file, inside the transaction that stores
/// what they report. A listener stores its messages through `state`, so that a message exists if
/// and only if its cause does. If a call fails, or if the transaction does, everything is rolled
/// back and the same calls follow later, with the same ids.
class ChangeListener {
 public:
  virtual ~ChangeListener() = default;
  /// A transaction begins, perhaps one that has failed before.
  virtual void on_begin() {}
  virtual Status on_start(Database& state, const StartNotice& start) = 0;
  /// The changes of one commit, oldest first, also those that are no alerts.
  virtual Status on_changes(Database& state, std::span<const Change> changes) = 0;
  virtual Status on_digest(Database& state, const Digest& digest) = 0;
  virtual Status on_gap(Database& state, const GapNotice& gap) = 0;
  /// The transaction is committed: what was stored can be delivered.
  virtual void on_commit() {}
};

}  // namespace synfin
