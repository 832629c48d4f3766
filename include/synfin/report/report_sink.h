/// \file
/// ReportSink: counts final records in a Summary; at the end it writes the report (-o) and prints
/// the summary (--view summary). Tested in tests/unit/report/report_sink_test.cc and by the golden
/// tests.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "synfin/enrich/event_sink.h"
#include "synfin/report/document.h"
#include "synfin/report/printed_output.h"
#include "synfin/report/summary.h"

namespace synfin {

class ConnectionSample;
class EarlySummary;

struct ReportSinkOptions {
  std::size_t max_hosts = 100'000;
  std::string path = {};  ///< of the report; empty: none
  ReportFormat format = ReportFormat::Text;
  bool prints = false;                   ///< the summary is the view, printed on standard output
  std::optional<Duration> every = {};    ///< print it again each time this has passed
  std::optional<Duration> rewrite = {};  ///< live: replace the report each time this has passed
  bool live = false;                     ///< `every` counts wall-clock time, not capture time
  bool shared = false;                   ///< the screen reads the summary while it grows
  bool two_threads = false;              ///< making a report may start a second thread
  TextStyle style = {};
};

/// A CSV report is a folder with one file for each table. Makes the folder `path` if the report is
/// CSV and nothing has this name. Fails if a regular file has it.
Status make_report_folder(const std::string& path, std::optional<ReportFormat> format);
/// The files that a CSV report may have in its folder `path`. Empty for other reports.
std::vector<std::string> csv_report_files(const std::string& path,
                                          std::optional<ReportFormat> format);

/// Used by one thread at a time.
class ReportSink final : public EventSink {
 public:
  /// Tables of other sinks, for the end of the report.
  using MoreTables = std::function<std::vector<Table>(const RenderOptions&)>;
  /// Returns the CaptureInfo of a capture that still continues.
  using CaptureSoFar = std::function<CaptureInfo()>;

  /// Opens the files, so that a wrong path is reported before a long read. `ports` and `book` must
  /// outlive the sink.
  static Result<std::unique_ptr<ReportSink>> open(const ReportSinkOptions& options,
                                                  PortNames& ports, AddressBook& book,
                                                  CaptureSoFar so_far);
  ~ReportSink() override;

  void add_tables(MoreTables more) { more_tables_.push_back(std::move(more)); }

  /// The figures so far. In a live capture that somebody watches, they include connections that
  /// have ended and have no record yet.
  const Summary& summary() const;
  PortNames& ports() const { return ports_; }
  AddressBook& book() const { return book_; }

  /// Writes the report as it is now, to its file or, without one, to a new file in the current
  /// folder. Returns a sentence about the result.
  std::string write_now(const CaptureInfo& capture);

  std::string_view name() const override { return "report"; }
  EventMask wanted() const override;
  EventMask annotated() const override { return {}; }
  EventDelivery delivery() const override;
  void on_events(std::span<const AnnotatedEvent> events) override;
  void on_plain_events(std::span<const Event> events) override;
  void on_tick(Timestamp now) override;
  std::optional<Error> take_failure() override;
  void prepare_finish(const CaptureInfo& capture) override;
  Status finish(const CaptureInfo& capture) override;
  Status finish_printing() override;

 private:
  ReportSink(const ReportSinkOptions& options, PortNames& ports, AddressBook& book,
             CaptureSoFar so_far);

  Status write_report(const CaptureInfo& capture, const Summary& summary);
  Status write_csv(const std::vector<CsvTable>& tables);
  Status remove_old_tables(const std::vector<CsvTable>& written) const;
  void print(const CaptureInfo& capture, const Summary& summary);
  void print_again(Timestamp now);
  bool prints_by_capture_time() const;
  void rewrite(Timestamp now);
  const Summary& summary_of_report() const;

  ReportSinkOptions options_;
  PortNames& ports_;
  AddressBook& book_;
  CaptureSoFar so_far_;
  std::vector<MoreTables> more_tables_;
  Summary summary_;                             ///< by records
  std::unique_ptr<EarlySummary> early_;         ///< for those who watch a live capture; else null
  std::unique_ptr<ConnectionSample> sample_;    ///< of an HTML report, else null
  std::shared_ptr<const OutputFolder> folder_;  ///< of the tables of a CSV report, else null
  std::optional<OutputFile> file_;
  std::optional<PrintedOutput> printed_;
  struct Schedules {
    PrintSchedule print;
    PrintSchedule rewrite;
    Timestamp since = Timestamp::max();  ///< the first tick, or the first event of a capture
    bool failed = false;                 ///< the last rewrite
    std::optional<Error> unreported{};   ///< its failure
  } schedules_;
};

}  // namespace synfin
