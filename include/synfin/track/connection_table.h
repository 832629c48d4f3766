/// \file
/// Segment[] → Event[]: the life of every TCP connection.
///
/// Specs: RFC 9293 (TCP), RFC 5961 (RST and SYN checks), RFC 6298 (Karn); states and history as
/// Zeek defines them, departures listed in README.md under "Where synfin departs from Zeek". Tested
/// in tests/unit/track/, tests/property/, fuzzed by tests/fuzz/track_fuzz.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "synfin/base/packet_scope.h"
#include "synfin/decode/segment.h"
#include "synfin/track/event_buffer.h"
#include "synfin/track/key_index.h"

namespace synfin {

struct TableOptions {
  std::size_t max_connections = std::size_t{1} << 20;
  PacketScope scope = PacketScope::All;
  EventMask events = EventMask::all();
  Duration syn_timeout = std::chrono::seconds{130};         ///< from the first SYN of a series
  Duration half_closed_timeout = std::chrono::seconds{60};  ///< PacketScope::All only
  Duration idle_timeout = std::chrono::hours{1};            ///< PacketScope::All only
  Duration linger = std::chrono::seconds{5};                ///< from the end to the record
  Duration remember = std::chrono::seconds{60};  ///< from the record until the tuple is forgotten
  bool vlan_key = false;                         ///< the VLAN id is part of the key
  bool drop_copies =
      true;  ///< a packet seen on another interface within 10 ms is counted, not tracked
  bool copies_across_sources = false;  ///< also between files or interfaces opened apart (--dedup)
  std::uint64_t seed = 0;              ///< of the hash; the output does not depend on it
};

/// What somebody else than the packets knows of a connection: it is open, or it is not any more.
struct KnownConnection {
  FiveTuple tuple;  ///< originator → responder
  Timestamp at{};   ///< when that was known
};

struct TableCounters {
  std::uint64_t segments = 0;        ///< segments observed, copies included
  std::uint64_t copies = 0;          ///< the same packet on another interface
  std::uint64_t connections = 0;     ///< connections begun
  std::uint64_t records = 0;         ///< final records emitted
  std::uint64_t evicted = 0;         ///< connections cut short because the table was full
  std::uint64_t forged_rst = 0;      ///< RSTs that did not fit
  std::uint64_t icmp_unmatched = 0;  ///< ICMP errors that no SYN explains
};

/// What a segment's tuple comes to in one table.
struct SegmentKey {
  std::uint64_t hash = 0;
  std::uint32_t sender = 0;  ///< which end sent it, 0 = the lower one in the order of ConnectionKey
  std::uint32_t guess = 0xFFFFFFFF;  ///< the table's own
};

/// Finds the keys of one table: a part of observe()'s work that another thread may do ahead, with a
/// copy of its own.
class KeyFinder {
 public:
  explicit KeyFinder(const TableOptions& options)
      : hash_(options.seed), vlan_key_(options.vlan_key) {}

  /// Writes where it will be read: what is returned is copied in overlapping pieces, for which the
  /// next load waits.
  void find(const Segment& s, SegmentKey& key) const {
    const Endpoint& from = s.tuple.orig;
    const Endpoint& to = s.tuple.resp;
    const bool same = from.address == to.address;
    key.sender = (to.address < from.address) | (same & (to.port < from.port));
    key.hash = hash(from, to, s.encapsulation);
  }
  std::uint64_t hash(const Endpoint& a, const Endpoint& b, const Encapsulation& e) const {
    return hash_(a, b, vlan_key_ ? e.vlan : std::uint16_t{0});
  }

 private:
  KeyHash hash_;
  bool vlan_key_;
};

/// The TCP connections open right now, as one passive observer sees them.
///
/// Memory is fixed: every slot is allocated by the constructor, none after.
/// Time is capture time: replaying a capture gives the same events at any speed and in any batch
/// size. Not thread-safe: one table per shard; both directions of a connection must reach the same
/// shard.
class ConnectionTable {
 public:
  /// One segment gives at most so many events, expiry aside.
  static constexpr std::size_t kMaxEventsPerSegment = 6;

  explicit ConnectionTable(const TableOptions& options);
  ~ConnectionTable();
  ConnectionTable(const ConnectionTable&) = delete;
  ConnectionTable& operator=(const ConnectionTable&) = delete;

  /// What finds the keys for observe().
  const KeyFinder& key_finder() const;

  /// Applies `segments` in order, each after what fell due before it, and appends the events to
  /// `out`. Returns how many segments it applied: fewer than given when `out` runs out of room;
  /// empty `out` and go on. Cannot fail: bad input is counted, a full table evicts.
  std::size_t observe(std::span<const Segment> segments, EventBuffer& out) noexcept;
  /// The same with the keys of these segments, as key_finder() or a copy of it finds them; the
  /// table takes notes in them. REQUIRES: as many keys as segments.
  std::size_t observe(std::span<const Segment> segments, std::span<SegmentKey> keys,
                      EventBuffer& out) noexcept;

  /// Takes in connections that are known to be open, each with an event (EventKind::Midstream)
  /// unless packets have told of it already. Until mark_gone() no silence ends them. Returns how
  /// many it looked at: fewer when `out` runs out of room.
  std::size_t adopt(std::span<const KnownConnection> known, EventBuffer& out);

  /// Ends connections that are known to be gone, unless packets have come since or told the end:
  /// theirs was not seen. Returns as adopt().
  std::size_t mark_gone(std::span<const KnownConnection> gone, EventBuffer& out);

  /// Ends what is due at or before `now`, oldest first, until `out` is full. True when nothing is
  /// left due.
  bool expire(Timestamp now, EventBuffer& out) noexcept;

  /// While held, nothing that falls due ends: live, when the outputs cannot take the records.
  void hold(bool on);

  /// End of input: ends everything, what has ended first and then what is open in order of
  /// (last packet, first packet, key), until `out` is full. True when all is told. REQUIRES: after
  /// the first call only drain(), counters() and open() are called any more: what has been told is
  /// still where it was, for to take it out would cost as much as to tell it.
  bool drain(EventBuffer& out);

  /// Copies the connections that have not ended into `out`, established ones first and of each kind
  /// those that packets came of last, and returns how many: all, or as many as `out` holds. About
  /// 0.3 us each.
  std::size_t snapshot(std::span<ConnectionRecord> out) const;

  const TableCounters& counters() const;

  /// Connections that have not ended.
  std::size_t open() const;

  /// The newest believable packet time, at which timers stand.
  Timestamp now() const;

  /// Bytes held by the table in all.
  std::size_t memory() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace synfin
