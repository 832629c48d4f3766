/// \file
/// Outputs: everything that a run writes, fed with events in order.
///
/// Event[] → connection log, event log, event lines, Summary; at the end the report and the printed
/// summary. Tested in tests/unit/app/pipeline_test.cc and by the golden tests.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/gauges.h"
#include "app/live_screen.h"
#include "app/options.h"
#include "app/signals.h"
#include "app/snapshot_reader.h"
#include "app/view_output.h"
#include "synfin/base/capture_info.h"
#include "synfin/base/output_file.h"
#include "synfin/base/rotating_output.h"
#include "synfin/enrich/annotator.h"
#include "synfin/filter/connection_filter.h"
#include "synfin/filter/show_filter.h"
#include "synfin/log/log_writer.h"
#include "synfin/report/frequent_file.h"
#include "synfin/report/summary.h"
#include "synfin/track/event.h"
#include "synfin/view/event_lines.h"

namespace synfin {

/// A failing output is disabled and told once; the others go on. Used by one thread at a time,
/// but for what says otherwise.
class Outputs {
 public:
  /// Opens all files now, so that a wrong path is known before a long read.
  static Result<std::unique_ptr<Outputs>> open(const Options& options);

  Gauges& gauges() { return gauges_; }
  /// What views ask of the packet thread.
  TableSnapshot& table_snapshot() { return open_snapshot_; }

  /// Which events anybody here reads.
  EventMask wanted() const;

  /// Opens what needs rights. REQUIRES: rights are not given up yet.
  void open_processes() { annotator_.open_processes(); }
  /// Begins what must not have more rights than it needs. REQUIRES: rights were given up.
  Status start_processes() { return annotator_.start_processes(); }

  /// Shows the screen, where one is wanted. `capture` says what is known of it now.
  Status start_screen(CaptureInfo capture);
  /// The input has ended by itself: leaves it on the screen until its person, or `stopped`, ends
  /// it.
  void browse(const std::function<bool()>& stopped);
  /// Live, some times a second: prints the view again where --every says so. Any thread may call.
  void tick();

  /// Adds up events for a report that nobody spins at before the end; one thread may do so while
  /// another is in consume() with the events before. Every event goes to both, in order.
  void count(std::span<const Event> events);
  void consume(std::span<const Event> events);

  /// Makes what was written visible: for live input after each batch.
  void flush();

  /// Live, after each batch and some times a second: as flush(), and opens files again where SIGHUP
  /// asked for it.
  void poll();
  /// True once -G has filled as many logs as -W allows. Any thread may ask.
  bool limit_reached() const { return limit_reached_.load(std::memory_order_relaxed); }
  /// Lets a user own the files, before the first event.
  void give_to(unsigned uid, unsigned gid);

  /// Ends the logs, writes the report, prints the summary. Returns what went wrong with any output,
  /// a sentence each.
  std::vector<std::string> finish(CaptureInfo capture);

 private:
  explicit Outputs(const Options& options) : options_(options), annotator_(options.enrichment) {}

  Status open_log();
  Status open_events();
  Status open_file(const std::string& path, std::optional<OutputFile>& file);
  void write_record(const ConnectionRecord& record);
  void show(const Event& event);
  void show_status(Timestamp now);
  void deliver(const Event& event);
  void show_own_addresses();
  void stop_screen();
  ReportFormat report_format() const;
  std::optional<Duration> repetition(bool on_screen) const;
  bool on_screen(bool terminal) const;
  std::vector<ViewKind> views_beside(bool on_screen) const;
  void write_report(const CaptureInfo& capture);
  void print_view(const CaptureInfo& capture);
  void print_again(Timestamp now);
  std::string write_report_so_far();
  CaptureInfo so_far() const;
  RenderOptions render_options(bool terminal);
  void wait_for_names(const CaptureInfo& capture);

  const Options& options_;
  std::optional<RotatingOutput> log_file_;
  std::optional<RotatingOutput> events_file_;
  std::optional<OutputFile> report_file_;
  std::optional<OutputFile> screen_;  ///< stdout, for a view
  std::unique_ptr<LogWriter> log_;
  std::optional<EventLines> lines_;
  std::optional<Summary> summary_;
  std::unique_ptr<ViewOutput> views_;  ///< the views that count
  Annotator annotator_;
  std::optional<FrequentFile> frequent_;
  std::unique_ptr<ConnectionFilter> hiding_;  ///< null: nothing is hidden
  std::optional<ShowFilter> show_;            ///< unset: everything is shown
  std::mutex views_mutex_;     ///< guards views_, summary_ and screen_ where other threads look
  bool shared_ = false;        ///< they do
  bool counts_apart_ = false;  ///< summary_ is count()'s, until finish()
  std::unique_ptr<LiveScreen> live_screen_;
  std::optional<Duration> every_;
  Timestamp next_print_{};
  Gauges gauges_;
  TableSnapshot open_snapshot_;
  std::optional<SnapshotReader> open_;  ///< of a live capture's views
  Timestamp next_status_{};
  unsigned reopened_ = reopen_requests();
  bool screen_failed_ = false;
  std::atomic<bool> limit_reached_{false};
};

}  // namespace synfin
