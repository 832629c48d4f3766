// See inventory_sink.h. What the sink reports: digests, gaps, and the table of the report.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "inventory/inventory_json.h"
#include "inventory/inventory_schedule.h"
#include "inventory/state_store.h"
#include "inventory/state_writer.h"
#include "synfin/base/diagnostics.h"
#include "synfin/inventory/host_table.h"
#include "synfin/inventory/inventory_sink.h"
#include "synfin/inventory/inventory_tables.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

/// A change counts when it has settled, so changes are found in another order.
void sort_by_time(std::vector<Change>& changes) {
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.time < b.time; });
}

void append_counts(std::string& text, const ChangeCounts& counts) {
  for (std::size_t kind = 0; kind < counts.size(); ++kind) {
    if (counts[kind] == 0) continue;
    text += fmt::format("{}{} {}", text.ends_with('(') ? "" : ", ", counts[kind],
                        to_string(static_cast<ChangeKind>(kind)));
  }
}

/// "New host 192.0.2.1 with 2 open ports: 22/tcp, 443/tcp".
std::string line_of(const Change& change) {
  constexpr std::size_t kMaxPorts = 10;
  std::string text = title_of(change);
  const std::size_t shown = std::min(change.ports.size(), kMaxPorts);
  for (std::size_t i = 0; i < shown; ++i)
    text += (i == 0 ? ": " : ", ") + port_text(change.ports[i]);
  const std::size_t left = change.ports.size() - shown + change.more_ports;
  if (left != 0) text += fmt::format(" and {} more", with_separators(left));
  return text;
}

}  // namespace

/// Names the first changes of the digest, so that a mail by cron is complete but short.
void InventorySink::log_changes(const Digest& digest) const {
  const std::size_t shown = std::min(digest.changes.size(), kMaxDigestLines);
  for (std::size_t i = 0; i < shown; ++i) log(LogLevel::Info, line_of(digest.changes[i]));
  if (digest.changes_total <= shown) return;
  log(LogLevel::Info,
      fmt::format("and {}{}", plural(digest.changes_total - shown, "more change", "more changes"),
                  writer_ ? "; synfin inventory --changes lists all" : ""));
}

void InventorySink::add_texts(Change& change) const {
  change.port.name = context_.ports.name(change.port.port);
  for (PortSummary& port : change.ports) port.name = context_.ports.name(port.port);
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
    const std::size_t open = host.open_ports + host.open_without_entry();
    if (open == 0 || digest.hosts.size() >= Digest::kMaxHosts) continue;
    Digest::Host& listed = digest.hosts.emplace_back();
    listed.host = inventory_->summary_of(host);
    for (const PortEntry& port : host.ports) {
      if (port.state != PortState::Open) continue;
      if (listed.ports.size() >= kMaxListedPorts) break;
      listed.ports.push_back(inventory_->summary_of(port));
      listed.ports.back().name = context_.ports.name(port.port());
    }
    listed.more_ports = open - listed.ports.size();
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
  digest.id = Schedule::id_of(2, now, ++s.digests);
  digest.from = std::exchange(s.last_digest, now);
  digest.to = now;
  const InventoryCounts counts = inventory_->counts();
  digest.hosts_total = counts.hosts_with_open_ports;
  digest.ports_total = counts.open_ports;
  const ChangeCounts changes = std::exchange(s.changes, {});
  digest.changes_total = std::accumulate(changes.begin(), changes.end(), std::uint64_t{0});
  digest.changes = std::exchange(undigested_, {});
  digest.hosts_not_stored = counts.hosts_not_stored - s.hosts_not_stored;
  s.hosts_not_stored = counts.hosts_not_stored;
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
  if (digest.hosts_not_stored != 0)
    sentence += fmt::format("; {} times a host was not stored", digest.hosts_not_stored);
  log(LogLevel::Info, sentence);
  log_changes(digest);
  if (take_line_) {
    std::string line;
    append_digest_event(line, digest);
    take_line_(line, place_);
  }
  if (!options_.learn) inventory_->end_learning();
  if (!writer_) return;
  batch_->digest = std::move(digest);
  batch_->digest_number = s.digests;
  batch_->packed.end_block();
  batch_->digested = batch_->packed.blocks().size();
  flush(!context_.live);
}

/// True if this run has just made a digest that is still true. The interval and the duration of
/// runs that cron starts often end together.
bool InventorySink::has_digest_of(Timestamp now) const {
  const Schedule& s = *schedule_;
  const std::uint64_t changes =
      std::accumulate(s.changes.begin(), s.changes.end(), std::uint64_t{0});
  return changes == 0 && s.last_digest > s.began &&
         saturating_sub(now, s.last_digest) < Schedule::kGapInterval;
}

void InventorySink::report_gap(std::string sentence) {
  const std::lock_guard lock(outages_->mutex);
  if (outages_->sentences.size() < Outages::kMax)
    outages_->sentences.push_back(std::move(sentence));
}

/// Reports once that the inventory has no room, because no change reports the hosts that it lacks.
void InventorySink::report_full() {
  if (inventory_->table().refused() == 0 || std::exchange(schedule_->full_reported, true)) return;
  constexpr std::string_view kSentence =
      "the inventory is full, so that new hosts are not reported; --max-inventory N makes it "
      "larger";
  log(LogLevel::Warning, kSentence);
  report_gap(std::string(kSentence));
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
  s.next_gap = saturating_add(now, Schedule::kGapInterval);
}

void InventorySink::note_gap(Timestamp now, std::string sentence) {
  if (!writer_) return;
  batch_->gaps.push_back({.id = Schedule::id_of(3, now, context_.gauges.packets.load()),
                          .time = now,
                          .sentence = std::move(sentence)});
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

}  // namespace synfin
