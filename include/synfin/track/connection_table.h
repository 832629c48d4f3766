/// \file
/// ConnectionTable: Segment[] → Event[], the life of every TCP connection.
///
/// Specs: RFC 9293 (TCP), RFC 5961 (RST and SYN checks), RFC 6298 (Karn); states and history as
/// Zeek defines them; synfin-records(7) lists the departures (tools/man/synfin-records.7.md).
/// Tested in tests/unit/track/, tests/property/, fuzzed by tests/fuzz/track_fuzz.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "synfin/base/packet_scope.h"
#include "synfin/decode/segment.h"
#include "synfin/track/event_buffer.h"
#include "synfin/track/key_index.h"

namespace synfin {

struct CaptureInfo;  // synfin/base/capture_info.h

struct TableOptions {
  std::size_t max_connections = std::size_t{1} << 20;
  PacketScope scope = PacketScope::All;
  EventMask events = EventMask::all();
  Duration syn_timeout = std::chrono::seconds{130};  ///< from the first SYN of a series
  /// PacketScope::All only. Two-hour keep-alives must fit (RFC 1122 §4.2.3.6, RFC 5382 REQ-5).
  Duration half_closed_timeout = std::chrono::minutes{135};
  Duration idle_timeout = std::chrono::minutes{135};  ///< PacketScope::All only
  Duration linger = std::chrono::seconds{5};          ///< from the end to the record
  bool context_key = false;            ///< the context is part of the key, see context_of()
  bool copies_across_sources = false;  ///< also compare separately opened sources (--dedup)
  std::uint64_t seed = 0;              ///< seed of the hash; the output does not depend on it
};

/// A connection that the host's socket table reports, independently of packets.
struct KnownConnection {
  FiveTuple tuple;  ///< originator → responder
  Timestamp at{};   ///< the time of the report
};

struct TableCounters {
  std::uint64_t segments = 0;        ///< segments observed, copies included
  std::uint64_t copies = 0;          ///< packets that the capture had already delivered
  std::uint64_t connections = 0;     ///< connections begun
  std::uint64_t records = 0;         ///< final records emitted
  std::uint64_t evicted = 0;         ///< connections ended early because the table was full
  std::uint64_t forged_rst = 0;      ///< RSTs outside the window
  std::uint64_t out_of_window = 0;   ///< segments outside the window, which count as packets only
  std::uint64_t late = 0;            ///< segments of connections whose record is written
  std::uint64_t icmp_unmatched = 0;  ///< ICMP errors that quote no unanswered SYN in the table
  /// Segments whose context differs from the previous one's, see ContextOverlap.
  std::uint64_t context_overlaps = 0;
  std::uint64_t unchecked_copies = 0;  ///< packets whose later copies would not be recognized
  std::uint64_t details_missing = 0;   ///< segments whose unusual facts no record has
  /// Segments more than a second older than one before them, and the largest such difference.
  std::uint64_t out_of_order = 0;
  Duration most_out_of_order{};
  bool contexts_shared = false;   ///< context_key: more contexts than ids, see EncapsulationIds
  std::uint64_t with_synack = 0;  ///< records with a SYN-ACK
  std::uint64_t with_fin = 0;     ///< of these, records with a FIN
  std::uint64_t with_others = 0;  ///< records with a segment that has no SYN, FIN or RST
  /// PacketScope::All, but no record has a segment other than control packets, although FINs or
  /// resets show that connections were established.
  bool only_control_packets = false;

  /// Sets the counters that CaptureInfo has, too.
  void add_to(CaptureInfo& info) const;
};

/// The lookup key of a segment in one table.
struct SegmentKey {
  std::uint64_t hash = 0;
  /// The end that sent the segment. Ends are numbered 0 and 1 in the order of ConnectionKey.
  std::uint32_t sender = 0;
  /// The slot that probably holds the connection; only the table reads and writes it.
  std::uint32_t guess = 0xFFFFFFFF;
};

/// Computes the keys of one table. With its own copy, another thread may do this part of the work
/// before observe() is called.
class KeyFinder {
 public:
  explicit KeyFinder(const TableOptions& options)
      : hash_(options.seed), context_key_(options.context_key) {}

  /// Writes the key into `key`. Returning it would be slower: the compiler copies a returned key in
  /// overlapping pieces, and the next load would wait until they are stored.
  void find(const Segment& s, SegmentKey& key) const {
    const Endpoint& from = s.tuple.orig;
    const Endpoint& to = s.tuple.resp;
    key.sender = to.address < from.address;
    if (from.address == to.address) [[unlikely]]
      key.sender = to.port < from.port;
    key.hash = hash(from, to, s.tuple.transport, s.encapsulation);
  }
  std::uint64_t hash(const Endpoint& a, const Endpoint& b, Transport transport,
                     const Encapsulation& e) const {
    return hash_(a, b, transport, context_key_ ? context_of(e) : 0);
  }

 private:
  KeyHash hash_;
  bool context_key_;
};

/// The TCP connections that are open right now, as one passive observer sees them.
///
/// Memory is fixed: the constructor allocates every slot.
/// Time is capture time: replaying a capture gives the same events at any speed and in any batch
/// size. Not thread-safe: one table per shard; both directions of a connection must reach the same
/// shard.
class ConnectionTable {
 public:
  /// The largest number of events that one segment causes, expiry aside.
  static constexpr std::size_t kMaxEventsPerSegment = 6;

  explicit ConnectionTable(const TableOptions& options);
  ~ConnectionTable();
  ConnectionTable(const ConnectionTable&) = delete;
  ConnectionTable& operator=(const ConnectionTable&) = delete;

  /// Computes the keys for observe().
  const KeyFinder& key_finder() const;

  /// Applies `segments` in order and appends the resulting events to `out`. Before each segment it
  /// ends the connections that were due. Returns how many segments it applied. If that is fewer
  /// than given, `out` is full: clear it and pass the rest. Cannot fail: bad input is counted, a
  /// full table evicts.
  std::size_t observe(std::span<const Segment> segments, EventBuffer& out) noexcept;
  /// As above, with the keys of the segments from key_finder() or a copy of it. Modifies the keys.
  /// REQUIRES: as many keys as segments.
  std::size_t observe(std::span<const Segment> segments, std::span<SegmentKey> keys,
                      EventBuffer& out) noexcept;

  /// Adds connections that are known to be open and emits EventKind::Midstream for each that is not
  /// in the table yet. They do not time out until mark_gone(). Returns how many it processed: fewer
  /// than given if `out` is full.
  std::size_t adopt(std::span<const KnownConnection> known, EventBuffer& out);

  /// Ends the connections in `gone` that no packet has ended, except those with a packet after the
  /// report. Returns how many it processed, as adopt() does.
  std::size_t mark_gone(std::span<const KnownConnection> gone, EventBuffer& out);

  /// Ends connections that are due at or before `now`, oldest first, until `out` is full. Returns
  /// true if none is left.
  bool expire(Timestamp now, EventBuffer& out) noexcept;

  /// While `on`, no connection times out. Used live while the outputs cannot take records.
  void hold(bool on);

  /// Writes the remaining records at the end of input until `out` is full: ended connections first,
  /// then open ones in order of (last packet, first packet, key). Returns true if none is left.
  /// REQUIRES: after the first call, only drain(), counters() and open() are called. Drained slots
  /// stay in the index, because removing them would double the cost of draining.
  bool drain(EventBuffer& out);

  /// Copies records of the connections that have not ended into `out` and returns how many it
  /// copied: all, or as many as fit. Established ones come first, and among equals the most
  /// recently active. Takes about 0.3 µs each.
  std::size_t snapshot(std::span<ConnectionRecord> out) const;

  const TableCounters& counters() const;

  /// The number of open connections. A connection ends with an RST, both FINs, an ICMP error that
  /// answers its SYN, or a time-out. A lone SYN-ACK or RST shows no connection.
  std::size_t open() const;

  /// The current time of the timers (see TimerClock).
  Timestamp now() const;

  /// Bytes of memory that the table holds.
  std::size_t memory() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace synfin
