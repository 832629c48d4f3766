// The sink of a run. See synfin/store/store.h.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include "store/batch.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/wall_clock.h"
#include "synfin/store/store.h"

namespace synfin {
namespace {

using Clock = std::chrono::steady_clock;

/// A killed run may lose at most its last second. Ticks are a quarter of a second apart, and
/// writing takes time, so a batch ends after half a second.
constexpr auto kFlushInterval = std::chrono::milliseconds{500};
constexpr Duration kMinute = std::chrono::minutes{1};
constexpr std::size_t kMaxWaiting = 10'000;  ///< changes and gaps between two ticks

std::int64_t minute_of(Timestamp t) { return to_ns(t) / Duration(kMinute).count(); }

/// What other threads have added since the last tick.
struct Additions {
  std::vector<Change> changes;
  std::vector<std::pair<Timestamp, std::string>> gaps;
  std::uint64_t dropped = 0;  ///< changes and gaps beyond kMaxWaiting
};

/// The figures when the last row of counters was added.
struct Counted {
  std::int64_t minute = 0;
  Ledger ledger;
  std::uint64_t records = 0, unstored = 0;
};

class Sink final : public StoreSink {
 public:
  Sink(std::unique_ptr<SpoolWriter> spool, std::string sensor, const StoreContext& context)
      : batches_(std::move(spool), std::move(sensor), !context.live), context_(context) {
    publish_gauges();
  }

  std::string_view name() const override { return "store"; }
  EventMask wanted() const override { return EventMask::only(EventKind::Record); }

  void on_events(std::span<const AnnotatedEvent> events) override {
    for (const auto& [event, about] : events) {
      if (event.kind != EventKind::Record) continue;
      const ConnectionRecord& record = event.connection;
      if (began_ == Timestamp{}) began_ = record.first;
      batches_.add(record, about);
      ++records_;
      // A snapshot may have stored it as open, even if its last packet was earlier.
      if (context_.snapshot != nullptr && saturating_sub(event.time, record.first) >= kMinute)
        add_open({record, about, event.time, true});
    }
    flush_if_due();
  }

  void on_tick(Timestamp now) override {
    take_additions();
    if (context_.snapshot != nullptr) take_open();
    if (context_.live) count_minute(now);
    flush_if_due();
  }

  std::optional<Error> take_failure() override {
    std::optional<Error> failure = batches_.spool().take_failure();
    if (failure) failed_ = failure->message;
    return failure;
  }

  Status finish(const CaptureInfo& capture) override {
    take_additions();
    if (context_.live) add_counters(wall_clock());
    for (const std::string& gap : capture.gaps) {
      if (!context_.live) add_gap_row({.time = capture.last_packet, .sentence = gap});
    }
    const Timestamp ended = context_.live ? wall_clock() : capture.last_packet;
    const RunRow run{.began = began_ == Timestamp{} ? ended : began_,
                     .ended = ended,
                     .live = context_.live,
                     .capture = capture};
    batches_.add(StoreTable::Runs, day_of(run.began), run);
    batches_.flush();
    batches_.spool().drain();
    note_lost();
    batches_.flush();
    batches_.spool().drain();
    publish_gauges();
    (void)take_failure();
    if (!failed_.empty()) return Error{"store: " + failed_};
    if (unstored_ > 0) {
      return Error{
          fmt::format("store: {} rows were not stored, because the spool was full; "
                      "--spool-size makes it larger",
                      unstored_)};
    }
    return Ok{};
  }

  void add_change(const Change& change) override {
    const std::lock_guard lock(mutex_);
    if (additions_.changes.size() < kMaxWaiting) {
      additions_.changes.push_back(change);
    } else {
      ++additions_.dropped;
    }
  }

  void add_gap(const std::string& sentence) override {
    const std::lock_guard lock(mutex_);
    if (additions_.gaps.size() < kMaxWaiting) {
      additions_.gaps.emplace_back(wall_clock(), sentence);
    } else {
      ++additions_.dropped;
    }
  }

 private:
  void flush_if_due() {
    const auto now = Clock::now();
    if (now < next_flush_) return;
    next_flush_ = now + kFlushInterval;
    batches_.flush();
    note_lost();
    publish_gauges();
  }

  void publish_gauges() {
    batches_.spool().measure();
    DeliveryGauges& gauges = context_.gauges.store;
    gauges.spool_bytes.store(batches_.spool().spool_bytes(), std::memory_order_relaxed);
    gauges.dropped.store(unstored_, std::memory_order_relaxed);
  }

  void take_additions() {
    Additions taken;
    {
      const std::lock_guard lock(mutex_);
      std::swap(taken, additions_);
    }
    for (const Change& change : taken.changes)
      batches_.add(StoreTable::Changes, day_of(change.time), change);
    for (const auto& [time, sentence] : taken.gaps)
      add_gap_row({.time = time, .sentence = sentence});
    unstored_ += taken.dropped;
  }

  void add_gap_row(const GapRow& row) { batches_.add(StoreTable::Gaps, day_of(row.time), row); }
  void add_open(const OpenRow& row) {
    batches_.add(StoreTable::OpenConnections, day_of(row.connection.first), row);
  }

  /// Reports a full spool once, and stores how many rows were lost when it has space again. The
  /// dispatcher reports a spool that cannot be written; see take_failure().
  void note_lost() {
    const SpoolThread::Lost lost = batches_.spool().take_lost();
    unstored_ += lost.full + lost.failed;
    if (lost.full > 0 && lost_.full == 0) {
      log(LogLevel::Warning,
          "the spool of the store is full: connections are not stored until it has space; "
          "--spool-size makes it larger");
    }
    lost_.full += lost.full;
    lost_.failed += lost.failed;
    if (lost.full == 0) note_end(lost_.full, "the spool was full");
    if (!lost.failing) note_end(lost_.failed, "the spool could not be written");
  }

  void note_end(std::uint64_t& lost, std::string_view reason) {
    if (lost == 0) return;
    const std::string sentence = fmt::format("{} rows were not stored, because {}", lost, reason);
    log(LogLevel::Warning, "store: " + sentence);
    add_gap_row({.time = wall_clock(), .sentence = sentence, .unstored = std::exchange(lost, 0)});
  }

  /// Adds a row of counters when a minute has ended, and requests a snapshot.
  void count_minute(Timestamp now) {
    if (began_ == Timestamp{}) began_ = now;
    if (minute_of(now) == counted_.minute) return;
    const bool first = counted_.minute == 0;
    counted_.minute = minute_of(now);
    if (first) return;
    add_counters(now);
    if (context_.snapshot != nullptr) context_.snapshot->request();
  }

  void add_counters(Timestamp now) {
    const Gauges& g = context_.gauges;
    const Ledger ledger = g.ledger();
    Ledger since = ledger;
    // The ledger is read without a lock, so a figure of the previous read may be the larger one.
    for (const LedgerFigure& figure : kLedgerFigures)
      since.*figure.member -= std::min(since.*figure.member, counted_.ledger.*figure.member);
    batches_.add(StoreTable::Counters, day_of(now),
                 CounterRow{.time = now,
                            .ledger = since,
                            .open = g.open.load(std::memory_order_relaxed),
                            .open_skipped = open_skipped_,
                            .records = records_ - counted_.records,
                            .unstored = unstored_ - counted_.unstored});
    counted_.ledger = ledger;
    counted_.records = records_;
    counted_.unstored = unstored_;
  }

  /// Stores the connections that have lasted a minute and are still open. Most of the others will
  /// have ended before the next minute. A snapshot is bounded, because the packet thread makes it.
  void take_open() {
    const auto rows = context_.snapshot->take();
    if (!rows) return;
    if (rows->open > rows->records.size() && std::exchange(open_skipped_, 0) == 0) {
      log(LogLevel::Warning,
          fmt::format("store: more than {} connections are open: only those that were active last "
                      "are stored while they are open, and all when they end",
                      TableSnapshot::kMaxRows));
    }
    open_skipped_ = rows->open - std::min(rows->open, rows->records.size());
    for (const ConnectionRecord& record : rows->records) {
      if (saturating_sub(rows->at, record.first) >= kMinute)
        add_open({record, Annotations{}, rows->at, false});
    }
  }

  BatchWriter batches_;
  StoreContext context_;
  Timestamp began_{};
  std::uint64_t records_ = 0;
  std::uint64_t unstored_ = 0;
  SpoolThread::Lost lost_;          ///< since rows were written last
  std::uint64_t open_skipped_ = 0;  ///< by the last snapshot
  Counted counted_;
  Clock::time_point next_flush_ = Clock::now() + kFlushInterval;
  std::string failed_;
  std::mutex mutex_;  ///< guards `additions_`
  Additions additions_;
};

}  // namespace

Result<std::unique_ptr<StoreSink>> open_store_sink(const StoreOptions& options,
                                                   const StoreContext& context) {
  auto spool = SpoolWriter::open(options.spool_folder(), options.spool_bytes);
  if (!spool) return spool.error();
  DeliveryGauges& gauges = context.gauges.store;
  gauges.used.store(true, std::memory_order_relaxed);
  gauges.spool_limit.store(options.spool_bytes, std::memory_order_relaxed);
  return std::unique_ptr<StoreSink>(
      std::make_unique<Sink>(std::move(*spool), options.sensor_name(), context));
}

}  // namespace synfin
