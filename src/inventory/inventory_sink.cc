// See inventory_sink.h.
#include "synfin/inventory/inventory_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "inventory/inventory_json.h"
#include "inventory/inventory_schedule.h"
#include "inventory/state_store.h"
#include "inventory/state_writer.h"
#include "synfin/base/diagnostics.h"
#include "synfin/inventory/host_table.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

/// A killed run may lose a second. Live, half of it is left for the time until the next tick and
/// for the transaction. Each time, everything that has changed is written, so that captures, of
/// which a second holds far more events, are flushed less often.
constexpr auto kFlushInterval = std::chrono::milliseconds{500};
constexpr auto kFlushIntervalOfCaptures = std::chrono::milliseconds{900};
/// Changes that wait while the state file cannot be written.
constexpr std::size_t kMaxWaiting = 100'000;

std::string process_text(const EndpointAnnotations& owner) {
  if (owner.exe.empty()) return {};
  const std::string_view exe = owner.exe.substr(owner.exe.rfind('/') + 1);
  std::string text{exe};
  if (!owner.user.empty()) text += fmt::format(" (user {}, pid {})", owner.user, owner.pid);
  return text;
}

}  // namespace

InventorySink::InventorySink(const InventoryOptions& options, InventoryContext context)
    : options_(options),
      context_(std::move(context)),
      batch_(std::make_unique<StateBatch>()),
      schedule_(std::make_unique<Schedule>()),
      outages_(std::make_unique<Outages>()) {}
InventorySink::~InventorySink() = default;

Result<std::unique_ptr<InventorySink>> InventorySink::open(const InventoryOptions& options,
                                                           InventoryContext context) {
  std::unique_ptr<InventorySink> sink(new InventorySink(options, std::move(context)));
  InventoryRules rules{.max_hosts = options.max_hosts,
                       .gone_after = options.gone_after,
                       .watch = nullptr,
                       .expect = nullptr};
  if (options.first_contact) rules.is_local = sink->context_.is_local;
  for (const auto& [path, list] :
       {std::pair{&options.watch_file, &rules.watch}, {&options.expect, &rules.expect}}) {
    if (path->empty()) continue;
    auto read = WatchList::read(*path);
    if (!read) return read.error();
    *list = std::move(*read);
  }
  const auto describe = [&book = sink->context_.book](HostSummary& host) {
    const EndpointAnnotations about = book.about(host.ip);
    host.name = about.name;
    host.country = about.country;
    host.asn = about.asn;
    host.as_org = about.as_org;
  };
  const auto make = [&] { return std::make_unique<Inventory>(rules, describe); };
  sink->inventory_ = make();
  if (options.state.empty()) return sink;
  std::string notice;
  auto database = Database::open_or_replace(options.state, notice);
  for (int attempt = 0; database; ++attempt) {
    const Status loaded = sink->load(*database);
    if (loaded) break;
    if (attempt > 0 || database->failed_for_now()) return loaded.error();
    log(LogLevel::Warning, loaded.error().message);
    database = Error{"closed"};
    database = Database::replace(options.state, notice);
    sink->inventory_ = make();
  }
  if (!notice.empty()) log(LogLevel::Warning, notice);
  if (!database) return database.error();
  sink->writer_ = std::make_unique<StateWriter>(std::move(*database), sink->context_.listener);
  return sink;
}

namespace {

void warn_of_bounds(const InventoryCounts& counts) {
  const auto warn = [](std::uint64_t times, std::string_view what, std::string_view remedy) {
    if (times == 0) return;
    log(LogLevel::Warning,
        fmt::format("the inventory is full: {} times {} was not stored; {}", times, what, remedy));
  };
  warn(counts.hosts_not_stored, "a host", "--max-inventory N makes it larger");
  warn(counts.ports_not_stored, "a port",
       "1024 ranges of ports without details are kept of a host");
  if (counts.open_without_entry != 0) {
    log(LogLevel::Warning,
        fmt::format("the inventory has no details of {}: it keeps those of 1024 ports of a host, "
                    "and of 16 ports of each host on average, which --max-inventory N increases",
                    plural(counts.open_without_entry, "open port", "open ports")));
  }
  warn(counts.processes_not_known, "a process",
       "65536 are known, and changes to others are not reported");
  warn(counts.contacts_not_known, "a contact of a client and a service",
       "1000000 are known, and new ones are not reported");
}

}  // namespace

Status InventorySink::load(Database& database) {
  auto figures = load_state(database, *inventory_);
  if (!figures) return figures.error();
  schedule_->state_begun = figures->begun;
  schedule_->last_digest = figures->last_digest;
  schedule_->digests = figures->digests;
  for (const Change& change : figures->undigested)
    ++schedule_->changes[static_cast<std::size_t>(change.kind)];
  batch_->complete = figures->old_ports;
  inventory_->set_change_number(figures->changes);
  undigested_ = std::move(figures->undigested);
  if (!options_.learn && figures->digests > 0) inventory_->end_learning();
  return Ok{};
}

EventMask InventorySink::annotated() const {
  return context_.processes ? EventMask::only(EventKind::Open) : EventMask{};
}

EventDelivery InventorySink::delivery() const {
  return context_.processes ? EventDelivery::Annotated : EventDelivery::Plain;
}

void InventorySink::on_events(std::span<const AnnotatedEvent> events) {
  place_ = 0;
  for (const auto& [event, about] : events)
    apply(event, event.kind == EventKind::Open ? process_text(about.resp) : std::string{});
  after_events();
}

/// The lines of what the event changes stand behind it, and those of what was due before it stand
/// in front of it, so that their places do not depend on the size of batches.
void InventorySink::apply(const Event& event, std::string_view process) {
  const bool counts = wanted().has(event.kind);
  if (counts && event.time >= due()) reach(event.time);
  ++place_;
  if (!counts) return;
  inventory_->observe(event, process);
  if (take_line_) take_changes();
}

void InventorySink::on_plain_events(std::span<const Event> events) {
  place_ = 0;
  if (take_line_) {
    for (const Event& event : events) apply(event, {});
    return after_events();
  }
  const EventMask kinds = wanted();
  while (!events.empty()) {
    const auto next =
        std::find_if(events.begin(), events.end(), [kinds, until = due()](const Event& event) {
          return event.time >= until && kinds.has(event.kind);
        });
    const auto before = static_cast<std::size_t>(next - events.begin());
    inventory_->observe(events.first(before));
    if (next == events.end()) break;
    reach(next->time);
    inventory_->observe(*next);
    events = events.subspan(before + 1);
  }
  after_events();
}

/// The capture time at which something is due: the next digest, the end of learning, or a note
/// about a MAC address. Events of kinds that only other sinks want do not count, so that the result
/// depends neither on other outputs nor on the size of batches.
Timestamp InventorySink::due() const {
  const Schedule& s = *schedule_;
  if (!s.begun) return Timestamp::min();
  const Timestamp due = std::min(s.learning_ends, s.next_digest);
  return context_.neighbors == nullptr ? due : std::min(due, context_.neighbors->next());
}

/// Does what is due at or before `time`, of which no event has been applied yet. Of several digests
/// that are due, only the first and the last are made: without events, those between differ from
/// the first at most by ports that are gone.
void InventorySink::reach(Timestamp time) {
  Schedule& s = *schedule_;
  if (!s.begun) begin(time);
  for (int digests = 0; digests < 2 && s.next_digest <= time; ++digests) {
    const Timestamp due = s.next_digest;
    end_learning_by(due);
    settle_until(due);
    make_digest(due);
    const Duration rest = saturating_sub(time, s.next_digest);
    if (rest > Duration{0})
      s.next_digest += rest / options_.digest_interval * options_.digest_interval;
  }
  end_learning_by(time);
  settle_until(time);
}

void InventorySink::end_learning_by(Timestamp time) {
  Timestamp& ends = schedule_->learning_ends;
  if (ends > time) return;
  settle_until(ends);
  inventory_->end_learning();
  ends = Timestamp::max();
}

/// Applies what has settled by `time`, unless the inventory is beyond that. Earlier changes get
/// their texts first, because a note can take the MAC address from a host.
void InventorySink::settle_until(Timestamp time) {
  take_changes();
  take_neighbors(time);
  if (inventory_->now() < time) inventory_->advance(time);
}

/// Notes of later packets stay, so that each run over a capture sees them at the same point.
void InventorySink::take_neighbors(Timestamp until) {
  if (context_.neighbors == nullptr) return;
  LinkNeighbors::Note note;
  while (context_.neighbors->take(until, note))
    inventory_->note_mac(note.ip, note.mac,
                         std::any_of(context_.on_link.begin(), context_.on_link.end(),
                                     [&](const Cidr& net) { return net.contains(note.ip); }));
}

void InventorySink::on_tick(Timestamp now) {
  place_ = 0;
  if (context_.live) {
    follow_clock(now);
    if (now >= due()) reach(now);
    inventory_->advance(now);
    report_full();
    note_gaps(now, false);
  }
  after_events();
}

/// If the clock was ahead and is set back, nothing waits for longer than its interval.
void InventorySink::follow_clock(Timestamp now) {
  Schedule& s = *schedule_;
  if (!s.begun) return;
  s.next_digest = std::min(s.next_digest, saturating_add(now, options_.digest_interval));
  s.next_gap = std::min(s.next_gap, saturating_add(now, Schedule::kGapInterval));
  if (options_.learn && s.learning_ends != Timestamp::max())
    s.learning_ends = std::min(s.learning_ends, saturating_add(now, *options_.learn));
}

/// The first event or tick of the run.
void InventorySink::begin(Timestamp now) {
  Schedule& s = *schedule_;
  s.begun = true;
  s.began = now;
  s.next_flush = context_.clock() + (context_.live ? kFlushInterval : kFlushIntervalOfCaptures);
  if (to_ns(s.state_begun) == 0) {
    s.state_begun = now;
    batch_->begun = now;
  }
  if (to_ns(s.last_digest) == 0) s.last_digest = s.state_begun;  // of an earlier run, too
  if (options_.learn) s.learning_ends = saturating_add(s.state_begun, *options_.learn);
  s.next_digest = saturating_add(now, options_.digest_interval);
  if (context_.live) {
    // A run that restarts often keeps its rhythm. A digest that is overdue waits a minute.
    const Timestamp rhythm = saturating_add(s.last_digest, options_.digest_interval);
    const Timestamp soon = saturating_add(now, Schedule::kGapInterval);
    s.next_digest = std::min(std::max(rhythm, soon), s.next_digest);
  }
  const InventoryCounts counts = inventory_->counts();
  batch_->starts.push_back({.id = Schedule::id_of(1, now, s.digests),
                            .time = now,
                            .sources = context_.sources,
                            .live = context_.live,
                            .known_hosts = counts.hosts_with_open_ports,
                            .known_ports = counts.open_ports});
  inventory_->resume();
}

void InventorySink::after_events() {
  Schedule& s = *schedule_;
  if (!s.begun) return;
  take_changes();
  const Timestamp clock = context_.clock();
  if (clock < s.next_flush) return;
  s.next_flush = clock + (context_.live ? kFlushInterval : kFlushIntervalOfCaptures);
  flush(false);
}

void InventorySink::take_changes() {
  for (ChangeNote& note : inventory_->take_notes()) {
    ++schedule_->changes[static_cast<std::size_t>(note.kind)];
    const bool kept = batch_->packed.size() < kMaxWaiting;
    if (writer_ && kept) batch_->packed.add(note, *inventory_);
    if (writer_ && !kept) ++schedule_->changes_not_kept;
    if (texts_wanted()) {
      Change change = inventory_->expand(note);
      add_texts(change);
      if (take_line_) {
        std::string line;
        append_change_event(line, change);
        take_line_(line, place_);
      }
      if (take_change_) take_change_(change);
      if (undigested_.size() < Digest::kMaxChanges) undigested_.push_back(change);
      if (context_.listener && kept) batch_->changes.push_back(std::move(change));
    }
    if (run_changes_.size() < Digest::kMaxChanges) run_changes_.push_back(std::move(note));
  }
}

/// Passes what is new to the writer. Without `wait`, leaves it for later if the writer is busy.
/// Returns false if it could not be passed.
bool InventorySink::flush(bool wait) {
  if (!writer_) return true;
  if (!wait && !writer_->idle()) return false;
  if (writer_->take_replaced()) {
    HostTable& table = inventory_->table();
    for (HostEntry& host : table.hosts()) {
      table.touch(host);
    }
    batch_->begun = schedule_->state_begun;
  }
  batch_->collect(*inventory_);
  if (batch_->empty()) return true;
  if (!writer_->submit(*batch_)) return false;
  *batch_ = {};
  return true;
}

std::optional<Error> InventorySink::take_failure() {
  return writer_ ? writer_->take_failure() : std::nullopt;
}

Status InventorySink::finish(const CaptureInfo& capture) {
  Schedule& s = *schedule_;
  if (s.begun) {
    take_neighbors(Timestamp::max());
    inventory_->settle_all();
    take_changes();
    // A live run has reported its gaps as they happened.
    if (context_.live) note_gaps(inventory_->now(), true);
    for (const std::string& gap : capture.gaps) {
      if (!context_.live) note_gap(inventory_->now(), gap);
    }
    // A service that is stopped and started again reports at its interval.
    const Timestamp now = std::max(inventory_->now(), s.began);  // without a proof, now() is unset
    if (!options_.state.empty() && (!context_.live || !(capture.interrupted || has_digest_of(now))))
      make_digest(now);
  }
  warn_of_bounds(inventory_->counts());
  if (!writer_) return Ok{};
  const bool passed = flush(true);
  const Status stored = writer_->finish();
  const std::uint64_t lost = s.changes_not_kept;
  if (stored && passed && lost == 0) return Ok{};
  if (!stored) return stored;
  return Error{fmt::format("state file {}: {} changes were not stored", options_.state, lost)};
}

}  // namespace synfin
