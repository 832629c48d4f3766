// See inventory_sink.h.
#include "synfin/inventory/inventory_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <numeric>
#include <utility>

#include "inventory/inventory_json.h"
#include "inventory/state_store.h"
#include "inventory/state_writer.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/mix.h"
#include "synfin/inventory/host_table.h"
#include "synfin/inventory/inventory_tables.h"
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
constexpr Duration kGapInterval = std::chrono::minutes{1};

std::string id_of(std::uint64_t what, Timestamp time, std::uint64_t number) {
  const auto ns = static_cast<std::uint64_t>(to_ns(time));
  return fmt::format("{:016x}", mix64(ns ^ 0x9E3779B97F4A7C15, mix64(what, number ^ ns)));
}

std::string process_text(const EndpointAnnotations& owner) {
  if (owner.exe.empty()) return {};
  const std::string_view exe = owner.exe.substr(owner.exe.rfind('/') + 1);
  std::string text{exe};
  if (!owner.user.empty()) text += fmt::format(" (user {}, pid {})", owner.user, owner.pid);
  return text;
}

/// A change counts when it has settled, so changes are found in another order.
void sort_by_time(std::vector<Change>& changes) {
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.time < b.time; });
}

using ChangeCounts = std::array<std::uint64_t, kChangeKinds>;

void append_counts(std::string& text, const ChangeCounts& counts) {
  for (std::size_t kind = 0; kind < counts.size(); ++kind) {
    if (counts[kind] == 0) continue;
    text += fmt::format("{}{} {}", text.ends_with('(') ? "" : ", ", counts[kind],
                        to_string(static_cast<ChangeKind>(kind)));
  }
}

}  // namespace

/// When what is due, and the figures of the state file.
struct InventorySink::Schedule {
  using Clock = std::chrono::steady_clock;

  bool begun = false;  ///< an event or a tick has arrived
  Timestamp state_begun{};
  Timestamp last_digest{};
  Timestamp next_digest{};
  std::uint64_t digests = 0;
  ChangeCounts changes{};              ///< since the last digest
  std::uint64_t changes_not_kept = 0;  ///< because the state file could not be written
  Clock::time_point next_flush{};
  std::uint64_t dropped = 0;  ///< packets, as far as notices have reported them
  Timestamp next_gap{};
};

/// Sentences of report_gap() that no notice contains yet.
struct InventorySink::Outages {
  static constexpr std::size_t kMax = 100;

  std::mutex mutex;
  std::vector<std::string> sentences;
};

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
    if (attempt > 0) return loaded.error();
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
  for (const auto& [event, about] : events) {
    if (!schedule_->begun) begin(event.time);
    const bool opens = event.kind == EventKind::Open;
    inventory_->observe(event, opens ? process_text(about.resp) : std::string{});
  }
  after_events();
}

void InventorySink::on_plain_events(std::span<const Event> events) {
  if (!schedule_->begun && !events.empty()) begin(events[0].time);
  inventory_->observe(events);
  after_events();
}

void InventorySink::on_tick(Timestamp now) {
  if (context_.live) {
    if (!schedule_->begun) begin(now);
    inventory_->advance(now);
    note_gaps(now, false);
  }
  after_events();
}

/// The first event or tick of the run.
void InventorySink::begin(Timestamp now) {
  Schedule& s = *schedule_;
  s.begun = true;
  s.next_flush =
      Schedule::Clock::now() + (context_.live ? kFlushInterval : kFlushIntervalOfCaptures);
  if (to_ns(s.state_begun) == 0) {
    s.state_begun = now;
    batch_->begun = now;
  }
  if (to_ns(s.last_digest) == 0) s.last_digest = now;
  s.next_digest = saturating_add(now, options_.digest_interval);
  if (context_.live) {
    // A run that restarts often keeps its rhythm. A digest that is overdue waits a minute.
    s.next_digest = std::clamp(saturating_add(s.last_digest, options_.digest_interval),
                               saturating_add(now, kGapInterval), s.next_digest);
  }
  const InventoryCounts counts = inventory_->counts();
  batch_->starts.push_back({.id = id_of(1, now, s.digests),
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
  const Timestamp now = inventory_->now();
  if (options_.learn && inventory_->learning() &&
      saturating_sub(now, s.state_begun) >= *options_.learn) {
    inventory_->end_learning();
  }
  take_changes();
  if (now >= s.next_digest) make_digest(now);
  const auto clock = Schedule::Clock::now();
  if (clock < s.next_flush) return;
  s.next_flush = clock + (context_.live ? kFlushInterval : kFlushIntervalOfCaptures);
  flush(false);
}

void InventorySink::add_texts(Change& change) const {
  change.port.name = context_.ports.name(change.port.port);
  for (PortSummary& port : change.ports) port.name = context_.ports.name(port.port);
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
        take_line_(line);
      }
      if (undigested_.size() < Digest::kMaxChanges) undigested_.push_back(change);
      if (context_.listener && kept) batch_->changes.push_back(std::move(change));
    }
    if (run_changes_.size() < Digest::kMaxChanges) run_changes_.push_back(std::move(note));
  }
}

std::vector<Change> InventorySink::changes() const {
  std::vector<Change> changes;
  changes.reserve(run_changes_.size());
  for (const ChangeNote& note : run_changes_) {
    changes.push_back(inventory_->expand(note));
    add_texts(changes.back());
  }
  return changes;
}

/// The hosts with open ports, in the order of their addresses.
void InventorySink::list_hosts(Digest& digest) const {
  for (const HostEntry& host : inventory_->table().hosts()) {
    if (host.open_ports == 0 || digest.hosts.size() >= Digest::kMaxHosts) continue;
    Digest::Host& listed = digest.hosts.emplace_back();
    listed.host = inventory_->summary_of(host);
    for (const PortEntry& port : host.ports) {
      if (port.state != PortState::Open) continue;
      listed.ports.push_back(inventory_->summary_of(port));
      listed.ports.back().name = context_.ports.name(port.port());
    }
  }
  std::sort(digest.hosts.begin(), digest.hosts.end(),
            [](const Digest::Host& a, const Digest::Host& b) { return a.host.ip < b.host.ip; });
}

void InventorySink::make_digest(Timestamp now) {
  Schedule& s = *schedule_;
  s.next_digest = saturating_add(now, options_.digest_interval);
  if (batch_->digest) return;  // the previous one could not be stored yet
  inventory_->expire(now);
  take_changes();
  Digest digest;
  digest.id = id_of(2, now, ++s.digests);
  digest.from = std::exchange(s.last_digest, now);
  digest.to = now;
  const InventoryCounts counts = inventory_->counts();
  digest.hosts_total = counts.hosts_with_open_ports;
  digest.ports_total = counts.open_ports;
  const ChangeCounts changes = std::exchange(s.changes, {});
  digest.changes_total = std::accumulate(changes.begin(), changes.end(), std::uint64_t{0});
  digest.changes = std::exchange(undigested_, {});
  sort_by_time(digest.changes);
  if (context_.listener) list_hosts(digest);
  std::string sentence = fmt::format("digest {}: {} on {}; {} since {}", digest.id,
                                     plural(digest.ports_total, "open port", "open ports"),
                                     plural(digest.hosts_total, "host", "hosts"),
                                     plural(digest.changes_total, "change", "changes"),
                                     format_rfc3339(digest.from).substr(0, 19) + "Z");
  if (digest.changes_total != 0) {
    sentence += " (";
    append_counts(sentence, changes);
    sentence += ')';
  }
  log(LogLevel::Info, sentence);
  if (take_line_) {
    std::string line;
    append_digest_event(line, digest);
    take_line_(line);
  }
  if (!options_.learn) inventory_->end_learning();
  if (!writer_) return;
  batch_->digest = std::move(digest);
  batch_->digest_number = s.digests;
  batch_->packed.end_block();
  batch_->digested = batch_->packed.blocks().size();
  flush(!context_.live);
}

void InventorySink::report_gap(std::string sentence) {
  const std::lock_guard lock(outages_->mutex);
  if (outages_->sentences.size() < Outages::kMax)
    outages_->sentences.push_back(std::move(sentence));
}

/// Reports at once what was lost, and then at most once a minute, or with the `last` call.
void InventorySink::note_gaps(Timestamp now, bool last) {
  Schedule& s = *schedule_;
  if (now < s.next_gap && !last) return;
  std::vector<std::string> sentences;
  {
    const std::lock_guard lock(outages_->mutex);
    sentences.swap(outages_->sentences);
  }
  const std::uint64_t dropped = context_.gauges.dropped.load(std::memory_order_relaxed);
  if (dropped > s.dropped) {
    sentences.push_back(plural(dropped - s.dropped, "packet was lost", "packets were lost"));
    s.dropped = dropped;
  }
  if (sentences.empty()) return;
  note_gap(now, fmt::format("{}", fmt::join(sentences, "; ")));
  s.next_gap = saturating_add(now, kGapInterval);
}

void InventorySink::note_gap(Timestamp now, std::string sentence) {
  if (!writer_) return;
  batch_->gaps.push_back({.id = id_of(3, now, context_.gauges.packets.load()),
                          .time = now,
                          .sentence = std::move(sentence)});
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

std::vector<Table> InventorySink::report_tables(const RenderOptions& render) const {
  std::vector<const ChangeNote*> notes;
  notes.reserve(run_changes_.size());
  for (const ChangeNote& note : run_changes_) notes.push_back(&note);
  std::stable_sort(notes.begin(), notes.end(),
                   [](const ChangeNote* a, const ChangeNote* b) { return a->time < b->time; });
  ChangesTable rows(render.zone, render.raw_only);
  for (const ChangeNote* note : notes) {
    Change change = inventory_->expand(*note);
    add_texts(change);
    rows.add(change);
  }
  std::vector<Table> tables;
  tables.push_back(rows.take());
  Table& table = tables.back();
  table.title = plural(run_changes_.size(), "change", "changes") + " of hosts and ports";
  if (table.rows.empty()) table.note = "none";
  return tables;
}

std::string InventorySink::take_failure() { return writer_ ? writer_->take_failure() : ""; }

Status InventorySink::finish(const CaptureInfo& capture) {
  Schedule& s = *schedule_;
  if (s.begun) {
    inventory_->settle_all();
    take_changes();
    // A live run has reported its gaps as they happened.
    if (context_.live) note_gaps(inventory_->now(), true);
    for (const std::string& gap : capture.gaps) {
      if (!context_.live) note_gap(inventory_->now(), gap);
    }
    // A service that is stopped and started again reports at its interval.
    if (!options_.state.empty() && (!context_.live || !capture.interrupted))
      make_digest(inventory_->now());
  }
  if (const std::uint64_t refused = inventory_->counts().hosts_not_stored; refused > 0) {
    log(LogLevel::Warning,
        fmt::format("the inventory is full: {} times a host was not stored; --max-inventory N "
                    "makes it larger",
                    refused));
  }
  if (!writer_) return Ok{};
  const bool passed = flush(true);
  const Status stored = writer_->finish();
  const std::uint64_t lost = s.changes_not_kept;
  if (stored && passed && lost == 0) return Ok{};
  if (!stored) return stored;
  return Error{fmt::format("state file {}: {} changes were not stored", options_.state, lost)};
}

}  // namespace synfin
