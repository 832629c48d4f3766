/// \file
/// LivePipeline: LiveCapture → expression → gate → decode → table → ring → outputs, on two threads.
///
/// The packet thread never waits for an output: when the ring is full, it throws away and counts
/// what is only for display, and lets the ends of connections wait in the table. While nothing
/// comes, the clock ticks on by itself. Tested in tests/unit/app/live_pipeline_test.cc and in
/// tests/live/.
#pragma once

#include <array>
#include <atomic>
#include <optional>
#include <vector>

#include "app/event_ring.h"
#include "app/options.h"
#include "app/outputs.h"
#include "app/packet_gate.h"
#include "app/table_requests.h"
#include "synfin/base/capture_info.h"
#include "synfin/capture/packet_source.h"
#include "synfin/decode/decoder.h"
#include "synfin/filter/live_expression.h"
#include "synfin/log/packet_log.h"
#include "synfin/track/connection_table.h"

namespace synfin {

/// Runs once. run() blocks.
class LivePipeline {
 public:
  /// All but `options` are used until run() returns; `expression` may be null.
  LivePipeline(const Options& options, PacketScope scope, PacketSource& source,
               LiveExpression* expression, Outputs& outputs);

  /// Writes the packets used there, too. REQUIRES: before run().
  void write_packets(PacketLog* log) { packet_log_ = log; }

  /// Takes in what the socket table knows. REQUIRES: before run().
  void ask_sockets(TableRequests* requests) { requests_ = requests; }

  /// Follows the source until it is interrupted, or until -c or --duration.
  void run();

  /// Events for display that the ring had no room for. Any thread may ask.
  std::uint64_t ring_drops() const { return ring_drops_.load(std::memory_order_relaxed); }

  /// Where every packet went. REQUIRES: run() has returned.
  Ledger ledger() const;
  const PacketGate& gate() const { return gate_; }
  const TableCounters& table_counters() const { return table_.counters(); }

 private:
  static constexpr std::size_t kBatch = 256;

  void read_packets();
  void use(std::span<Packet> packets);
  void track(std::span<const Segment> segments);
  std::span<const Segment> without_data(std::span<Segment> segments);
  void tick();
  void apply_socket_updates(Timestamp seen);
  bool hand_over();
  void make_room();
  void finish();
  void write_outputs();
  void show_gauges();

  const Options& options_;
  PacketScope scope_;
  PacketSource& source_;
  LiveExpression* expression_;
  PacketLog* packet_log_ = nullptr;
  TableRequests* requests_ = nullptr;
  Outputs& outputs_;
  PacketGate gate_;
  Decoder decoder_;
  ConnectionTable table_;
  EventRing ring_;
  EventBuffer* buffer_ = nullptr;
  std::uint64_t filtered_ = 0;
  std::uint64_t without_control_ = 0;
  std::atomic<std::uint64_t> ring_drops_{0};
  std::vector<Segment> segments_;
};

}  // namespace synfin
