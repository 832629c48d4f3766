/// \file
/// Inventory: which hosts and ports exist, from what they answer, and what changed.
///
///     Event → proof → PortEntry → (settled) → Change
///
/// A port is open if a SYN-ACK fitted its SYN and, with all packets, the handshake was completed;
/// closed if an RST refused the SYN; silent if several attempts got no answer while the host or its
/// network answers otherwise; unreachable if an ICMP error answered. Events without such a proof
/// change nothing, so floods and forged resets neither add a host nor change a port. A lone SYN-ACK
/// adds a provisional port, which is no change.
///
/// A change away from a known state counts once it has settled: nothing contradicted it for a while
/// that grows with each change of the port. Time is capture time.
///
/// Memory: at most `max_hosts` hosts, and bounded entries of ports (HostTable). An open port
/// without room takes the place of one that is not open, which is forgotten. If there is none, the
/// host only notes that the port is open: no change reports it, and only a refusal, or the silence
/// of the whole host, ends that. Refused ports without room are ranges. Not thread-safe. Tested in
/// tests/unit/inventory/inventory_test.cc and inventory_bounds_test.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "synfin/inventory/change.h"
#include "synfin/inventory/change_note.h"
#include "synfin/inventory/watch_list.h"
#include "synfin/track/event.h"

namespace synfin {

class HostTable;
class PortRanges;
struct HostEntry;
struct PortEntry;

struct InventoryRules {
  std::size_t max_hosts = 200'000;
  Duration gone_after = std::chrono::hours{24 * 7};
  std::shared_ptr<const WatchList> watch;   ///< null: every host and port
  std::shared_ptr<const WatchList> expect;  ///< null: none
  /// True for a client whose first contact with a service is a change; empty: none is.
  std::function<bool(const Address&)> is_local = {};
};

struct InventoryCounts {
  std::uint64_t hosts = 0;
  std::uint64_t hosts_with_open_ports = 0;
  std::uint64_t open_ports = 0;
  std::uint64_t open_without_entry = 0;   ///< those of open_ports for which there was no room
  std::uint64_t hosts_not_stored = 0;     ///< because the table was full
  std::uint64_t ports_not_stored = 0;     ///< not even as a range of ports
  std::uint64_t processes_not_known = 0;  ///< because too many were known: no change is reported
  std::uint64_t contacts_not_known = 0;   ///< the same for contacts of clients
};

class Inventory {
 public:
  /// Fills in name, country and network of a host.
  using Describe = std::function<void(HostSummary&)>;

  Inventory(InventoryRules rules, Describe describe);
  ~Inventory();

  /// The kinds of events that observe() reads.
  static EventMask wanted();
  /// Applies an event. `process` owns the responder's port, such as "postgres (user postgres, pid
  /// 812)"; empty if it is not known.
  void observe(const Event& event, std::string_view process = {});
  /// Applies events whose processes are not known. Faster, because it loads ahead what it reads.
  void observe(std::span<const Event> events);
  /// Applies what has settled by `now`. observe() calls it with the time of its event.
  void advance(Timestamp now);
  /// Applies everything that waits, at the end of the input.
  void settle_all();
  /// Ports that were open and have not been proven so for a long time are gone.
  void expire(Timestamp now);

  /// From now on changes are alerts.
  void end_learning() { learning_ = false; }

  /// The changes since the last call, oldest first.
  std::vector<ChangeNote> take_notes() { return std::exchange(notes_, {}); }
  /// The same with their texts.
  std::vector<Change> take_changes();
  Change expand(const ChangeNote& note);
  /// A client's first contact with a service. The key is a hash of both.
  struct Contact {
    std::uint64_t key = 0;
    Timestamp time{};
  };
  /// The contacts since the last call.
  std::vector<Contact> take_contacts() { return std::exchange(contacts_.fresh, {}); }
  /// Adds the contact of an earlier run.
  void add_contact(std::uint64_t key) { contacts_.known.insert(key); }
  bool wants_contacts() const { return static_cast<bool>(rules_.is_local); }

  /// The time of the latest event.
  Timestamp now() const { return now_; }
  InventoryCounts counts() const;

  /// Hosts and their ports, for views and the state file.
  HostTable& table() { return *table_; }
  const HostTable& table() const { return *table_; }
  HostSummary summary_of(const HostEntry& host) const;
  PortSummary summary_of(const PortEntry& port) const;
  /// Stores a process and returns its number; 0 for an empty text.
  std::uint32_t process_number(std::string_view process);
  const std::string& process(std::uint32_t number) const { return processes_.texts[number]; }
  /// Stores name, country and network of a host, if they are not known yet.
  void describe(HostEntry& host);
  /// A SYN-ACK of `ip` came from the MAC address `mac`. If the address is not on the link, that is
  /// a router's.
  void note_mac(const Address& ip, std::uint64_t mac, bool on_link);
  /// The host, which was stored by an earlier run, has the MAC address of its summary.
  void restore_device(HostEntry& host);
  /// After a start with a stored state: announces hosts whose announcement was not stored.
  void resume();
  /// Changes that were stored before this run, so that no id repeats.
  void set_change_number(std::uint64_t number) { change_number_ = number; }

 private:
  struct Proof;
  struct Neighbors;
  struct Waiting {
    PortState state = PortState::Unknown;  ///< Unknown: the host is to be announced
    Timestamp proved{};
    ChangeCause cause;
  };
  /// When it is due, host, and key of the port (0: the host).
  using WaitingKey = std::pair<Timestamp, std::pair<std::uint32_t, std::uint32_t>>;
  struct Processes {
    std::vector<std::string> texts{""};
    std::map<std::string, std::uint32_t, std::less<>> numbers;
    std::uint64_t refused = 0;
  };
  struct Contacts {
    std::unordered_set<std::uint64_t> known;  ///< at most kMaxContacts
    std::vector<Contact> fresh;
    std::uint64_t refused = 0;
  };

  static PortState proves(const Event& event);
  void apply(const Proof& proof);
  void note_unanswered(const Proof& proof);
  void note_lone_synack(const Proof& proof);
  PortEntry* add_port(HostEntry& host, std::uint32_t key, const Proof& proof);
  PortEntry* add_open_port(HostEntry& host, std::uint32_t key);
  void note_without_entry(HostEntry& host, const Proof& proof);
  void note_answer(HostEntry& host, Timestamp time);
  bool answers_since(HostEntry& host, Timestamp time);
  void prove(HostEntry& host, PortEntry& port, const Proof& proof);
  void open_first(HostEntry& host, PortEntry& port, const Proof& proof);
  void wait(HostEntry& host, PortEntry& port, const Proof& proof);
  void stop_waiting(HostEntry& host, PortEntry& port);
  void announce_later(const HostEntry& host, Timestamp proved);
  void note_contact(HostEntry& host, PortEntry& port, const Proof& proof);
  void note_process(HostEntry& host, PortEntry& port, const Proof& proof);
  void settle_first();
  void settle(HostEntry& host, PortEntry& port, const Waiting& waiting);
  void announce(HostEntry& host);
  void recall_mac(HostEntry& host);
  void set_mac(HostEntry& host, std::uint64_t mac);
  void forget_mac(HostEntry& host);
  HostEntry* former_host(const HostEntry& host);
  void move_device(HostEntry& former, HostEntry& host);
  void set_state(PortEntry& port, PortState state, Timestamp time);
  void emit(ChangeKind kind, HostEntry& host, const PortEntry* port, Timestamp time,
            const ChangeCause& cause);
  PortSummary expand(const PortNote& note) const;
  bool expected(const HostEntry& host, const PortEntry& port) const;

  InventoryRules rules_;
  Describe describe_;
  std::unique_ptr<HostTable> table_;
  std::unique_ptr<Neighbors> neighbors_;
  std::map<WaitingKey, Waiting> waiting_;
  Processes processes_;
  std::vector<ChangeNote> notes_;
  Contacts contacts_;
  Timestamp now_{};
  std::uint64_t change_number_ = 0;
  std::uint32_t provisional_hosts_ = 0;  ///< that this run has added
  bool learning_ = true;
};

}  // namespace synfin
