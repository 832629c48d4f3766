/// \file
/// InventorySink: keeps the inventory of a run and its state file.
///
///     Event → Inventory → changes, digests → StateWriter (thread) → state file, ChangeListener
///                                          → lines of --events, table of the report
///
/// Digests, the end of learning and ports that are gone depend on capture time alone: what is due
/// is done before the first event that is not earlier, also in the midst of a batch.
///
/// The state file has every change at most a second later. If it cannot be written, the inventory
/// continues in memory and everything is stored once that is possible again.
/// Tested in tests/unit/inventory/inventory_sink_test.cc and by the golden and live tests.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/cidr.h"
#include "synfin/base/gauges.h"
#include "synfin/base/link_neighbors.h"
#include "synfin/base/wall_clock.h"
#include "synfin/enrich/address_book.h"
#include "synfin/enrich/event_sink.h"
#include "synfin/enrich/port_names.h"
#include "synfin/inventory/change.h"
#include "synfin/inventory/inventory.h"
#include "synfin/inventory/inventory_options.h"
#include "synfin/report/document.h"

namespace synfin {

class StateWriter;
struct StateBatch;

/// What surrounds the sink. All must outlive it.
struct InventoryContext {
  AddressBook& book;
  PortNames& ports;
  const Gauges& gauges;                   ///< packets that were lost
  std::vector<std::string> sources = {};  ///< interfaces or files
  bool live = false;
  bool processes = false;                             ///< events name the processes of ports
  std::function<bool(const Address&)> is_local = {};  ///< for --first-contact
  std::shared_ptr<ChangeListener> listener;           ///< may be null
  LinkNeighbors* neighbors = nullptr;                 ///< MAC addresses; null: they are not used
  std::vector<Cidr> on_link = {};                     ///< the networks of the link
  std::function<Timestamp()> clock = steady_time;     ///< by which changes are stored in time
};

/// Used by one thread at a time.
class InventorySink final : public EventSink {
 public:
  /// `place`: how many events of the batch that is being delivered come before the line.
  using TakeLine = std::function<void(std::string_view line, std::size_t place)>;

  /// Opens and reads the state file, if the options name one. Fails with a sentence.
  static Result<std::unique_ptr<InventorySink>> open(const InventoryOptions& options,
                                                     InventoryContext context);
  ~InventorySink() override;

  /// Passes each change and digest to `take` as a line of JSON (--events).
  void set_take_line(TakeLine take) { take_line_ = std::move(take); }
  /// Passes each change to `take` (--store).
  void set_take_change(std::function<void(const Change&)> take) { take_change_ = std::move(take); }

  Inventory& inventory() { return *inventory_; }
  const Inventory& inventory() const { return *inventory_; }
  /// The changes of this run, oldest first; the first Digest::kMaxChanges of them.
  std::vector<Change> changes() const;

  /// The table of changes for the report.
  std::vector<Table> report_tables(const RenderOptions& render) const;

  /// Adds a sentence about what the capture missed, such as "eth0 is down", to the next gap notice.
  /// Any thread.
  void report_gap(std::string sentence);

  std::string_view name() const override { return "inventory"; }
  EventMask wanted() const override { return Inventory::wanted(); }
  EventMask annotated() const override;
  EventDelivery delivery() const override;
  void on_events(std::span<const AnnotatedEvent> events) override;
  void on_plain_events(std::span<const Event> events) override;
  void on_tick(Timestamp now) override;
  std::optional<Error> take_failure() override;
  Status finish(const CaptureInfo& capture) override;

 private:
  struct Schedule;
  struct Outages;

  /// The changes that a digest names on stderr, which cron mails.
  static constexpr std::size_t kMaxDigestLines = 20;

  InventorySink(const InventoryOptions& options, InventoryContext context);
  Status load(Database& database);
  void begin(Timestamp now);
  void follow_clock(Timestamp now);
  Timestamp due() const;
  void apply(const Event& event, std::string_view process);
  void reach(Timestamp time);
  void end_learning_by(Timestamp time);
  void settle_until(Timestamp time);
  void take_neighbors(Timestamp until);
  void after_events();
  void take_changes();
  void add_texts(Change& change) const;
  void list_hosts(Digest& digest) const;
  bool texts_wanted() const {
    return take_line_ || take_change_ || context_.listener || undigested_.size() < kMaxDigestLines;
  }
  void log_changes(const Digest& digest) const;
  void make_digest(Timestamp now);
  bool has_digest_of(Timestamp now) const;
  void report_full();
  void note_gaps(Timestamp now, bool last);
  void note_gap(Timestamp now, std::string sentence);
  bool flush(bool wait);

  InventoryOptions options_;
  InventoryContext context_;
  std::unique_ptr<Inventory> inventory_;
  std::unique_ptr<StateWriter> writer_;  ///< null without a state file
  std::unique_ptr<StateBatch> batch_;    ///< not stored yet
  std::unique_ptr<Schedule> schedule_;
  std::unique_ptr<Outages> outages_;
  std::vector<Change> undigested_;  ///< the first Digest::kMaxChanges, if somebody reads digests
  std::vector<ChangeNote> run_changes_;
  TakeLine take_line_;
  std::size_t place_ = 0;  ///< of the next line
  std::function<void(const Change&)> take_change_;
};

}  // namespace synfin
