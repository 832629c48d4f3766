// See report_sink.h.
#include "synfin/report/report_sink.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "report/connection_sample.h"
#include "report/early_summary.h"
#include "synfin/base/output_folder.h"
#include "synfin/base/wall_clock.h"

namespace synfin {
namespace {

/// "2026-03-01-143016", for a file name.
std::string file_stamp(Timestamp now) {
  std::string time = format_time_of_day(now, Zone::Local).substr(0, 8);
  std::erase(time, ':');
  return format_date(now, Zone::Local) + '-' + time;
}

/// The file of a table in the folder of a CSV report: "out/report.csv/services.csv".
std::string path_in(const std::string& folder, std::string_view table) {
  return fmt::format("{}/{}.csv", folder, table);
}

/// True if a report with this path is a folder of tables, unless the path is a pipe or a device.
bool has_csv_folder(const std::string& path, std::optional<ReportFormat> format) {
  return !path.empty() && path != "-" &&
         format.value_or(report_format_of(path)) == ReportFormat::Csv;
}

bool is_folder(const std::string& path) {
  struct stat about {};
  return OutputFolder::status_of(path, about) && S_ISDIR(about.st_mode);
}

}  // namespace

Status make_report_folder(const std::string& path, std::optional<ReportFormat> format) {
  if (!has_csv_folder(path, format) || is_folder(path)) return Ok{};
  struct stat about {};
  if (!OutputFolder::status_of(path, about)) {
    // As root, through no linked folder.
    const auto place = OutputFolder::of(path);
    if (place && mkdirat(place->descriptor(), OutputFolder::file_in(path).c_str(), 0700) == 0)
      return Ok{};
    return Error{fmt::format("cannot create the folder {}: {}", path, output_error_text(errno))};
  }
  if (!S_ISREG(about.st_mode)) return Ok{};  // a pipe or a device gets all tables
  return Error{fmt::format(
      "{} is a file, and a CSV report is a folder: remove the file or choose another name", path)};
}

std::vector<std::string> csv_report_files(const std::string& path,
                                          std::optional<ReportFormat> format) {
  std::vector<std::string> files;
  if (!has_csv_folder(path, format)) return files;
  for (const std::string_view table : kTableKeys) files.push_back(path_in(path, table));
  return files;
}

Result<std::unique_ptr<ReportSink>> ReportSink::open(const ReportSinkOptions& options,
                                                     PortNames& ports, AddressBook& book,
                                                     CaptureSoFar so_far) {
  std::unique_ptr<ReportSink> sink(new ReportSink(options, ports, book, std::move(so_far)));
  if (!options.path.empty()) {
    if (const Status made = make_report_folder(options.path, options.format); !made)
      return made.error();
    const bool folder = options.format == ReportFormat::Csv && is_folder(options.path);
    const std::string path = folder ? path_in(options.path, "capture") : options.path;
    auto file = OutputFile::open(path, OutputMode::Replace);
    if (!file) return file.error();
    if (folder) sink->folder_ = OutputFolder::of(path);
    if (folder && !sink->folder_)
      return Error{
          fmt::format("cannot open the folder {}: {}", options.path, output_error_text(errno))};
    sink->file_.emplace(std::move(*file));
  }
  if (options.prints) {
    auto printed = PrintedOutput::open(options.style, options.live);
    if (!printed) return printed.error();
    sink->printed_.emplace(std::move(*printed));
  }
  return Result<std::unique_ptr<ReportSink>>(std::move(sink));
}

ReportSink::ReportSink(const ReportSinkOptions& options, PortNames& ports, AddressBook& book,
                       CaptureSoFar so_far)
    : options_(options),
      ports_(ports),
      book_(book),
      so_far_(std::move(so_far)),
      summary_(SummaryOptions{.max_hosts = options.max_hosts, .two_threads = options.two_threads}),
      schedules_{
          PrintSchedule(options.prints ? options.every : std::nullopt),
          PrintSchedule(options.live && !options.path.empty() ? options.rewrite : std::nullopt)} {
  if (!options.path.empty() && options.format == ReportFormat::Html)
    sample_ = std::make_unique<ConnectionSample>();
  if ((options.live && options.shared) || schedules_.print.repeats())
    early_ = std::make_unique<EarlySummary>(SummaryOptions{.max_hosts = options.max_hosts});
}

ReportSink::~ReportSink() = default;

const Summary& ReportSink::summary() const { return early_ ? early_->summary() : summary_; }

/// Events other than those that end a connection only advance the clock of --every.
EventMask ReportSink::wanted() const {
  if (prints_by_capture_time()) return EventMask::all();
  return early_ ? EarlySummary::wanted() : EventMask::only(EventKind::Record);
}

bool ReportSink::prints_by_capture_time() const {
  return schedules_.print.repeats() && !options_.live;
}

/// Counting sinks get no ticks.
EventDelivery ReportSink::delivery() const {
  const bool needs_ticks = schedules_.print.repeats() || schedules_.rewrite.repeats();
  return options_.shared || needs_ticks ? EventDelivery::Plain : EventDelivery::Counting;
}

void ReportSink::on_events(std::span<const AnnotatedEvent> events) {
  for (const AnnotatedEvent& e : events) on_plain_events({&e.event, 1});
}

void ReportSink::on_plain_events(std::span<const Event> events) {
  summary_.add(events);
  if (sample_) sample_->add(events);
  if (early_) early_->add(events);
  if (!prints_by_capture_time()) return;
  for (const Event& event : events) {
    if (event.kind != EventKind::Record) print_again(event.time);
  }
}

void ReportSink::on_tick(Timestamp now) {
  if (options_.live) print_again(now);
  if (schedules_.rewrite.repeats()) rewrite(now);
  if (printed_) printed_->flush();
}

std::optional<Error> ReportSink::take_failure() {
  std::optional<Error> failure = printed_ ? printed_->take_failure() : std::nullopt;
  return failure ? failure : std::exchange(schedules_.unreported, std::nullopt);
}

void ReportSink::print(const CaptureInfo& capture, const Summary& summary) {
  printed_->buffer() +=
      render_report(ReportFormat::Text, capture, summary, ports_, printed_->render_options(book_));
}

void ReportSink::print_again(Timestamp now) {
  schedules_.since = std::min(schedules_.since, now);
  PrintSchedule& print_times = schedules_.print;
  const bool due = options_.live ? print_times.due_by_wall_clock(now) : print_times.due(now);
  if (!due || !printed_->ready()) return;  // nobody reads, so the next print will do
  CaptureInfo capture = so_far_();
  capture.first_packet = schedules_.since;
  capture.last_packet = now;
  printed_->print_heading(now);
  print(capture, summary());
  printed_->buffer() += '\n';
  printed_->flush();
}

/// An HTML report shows its sample beside its tables, so both count records.
const Summary& ReportSink::summary_of_report() const { return sample_ ? summary_ : summary(); }

/// Reports the first failure after each success. If it lasts, finish() reports it again.
void ReportSink::rewrite(Timestamp now) {
  schedules_.since = std::min(schedules_.since, now);
  if (!schedules_.rewrite.due_by_wall_clock(now)) return;
  CaptureInfo capture = so_far_();
  capture.first_packet = schedules_.since;
  capture.last_packet = now;
  Status written = write_report(capture, summary_of_report());
  if (written && !file_->flush()) written = file_->error();
  const bool failed_before = std::exchange(schedules_.failed, !written);
  if (!written && !failed_before) schedules_.unreported = written.error();
}

/// REQUIRES: there is a file. Fails if a file beside it cannot be written.
Status ReportSink::write_report(const CaptureInfo& capture, const Summary& summary) {
  RenderOptions render = options_.style.render_options(book_, false);
  render.raw_only = options_.format == ReportFormat::Json || options_.format == ReportFormat::Csv;
  std::vector<Table> more;
  for (const MoreTables& tables : more_tables_) {
    for (Table& table : tables(render)) more.push_back(std::move(table));
  }
  render.more = &more;
  render.sample = sample_.get();
  if (capture.so_far && schedules_.rewrite.repeats()) render.refresh = options_.rewrite;
  file_->rewind();
  if (folder_) return write_csv(render_csv_report(capture, summary, ports_, render));
  std::string text = render_report(options_.format, capture, summary, ports_, render);
  if (file_->buffer().empty()) {
    file_->buffer() = std::move(text);  // a report may have megabytes
  } else {
    file_->buffer() += text;
  }
  return Ok{};
}

/// Writes each table to a file of its own. The first one is the file of the report.
Status ReportSink::write_csv(const std::vector<CsvTable>& tables) {
  for (const CsvTable& table : tables) {
    if (&table == &tables.front()) {
      file_->buffer() += table.text;
      continue;
    }
    auto file = OutputFile::open(path_in(options_.path, table.name), OutputMode::Replace, folder_);
    if (!file) return file.error();
    file->buffer() += table.text;
    if (const Status closed = file->close(); !closed) return closed;
  }
  if (!file_->flush()) return file_->error();
  return remove_old_tables(tables);
}

/// Removes what earlier reports left and this one lacks, because it would mislead. Fails if a file
/// cannot be removed; the report itself is complete.
Status ReportSink::remove_old_tables(const std::vector<CsvTable>& written) const {
  Status status = Ok{};
  for (const std::string_view key : kTableKeys) {
    const auto is_it = [&](const CsvTable& table) { return table.name == key; };
    if (std::any_of(written.begin(), written.end(), is_it)) continue;
    const std::string path = path_in(options_.path, key);
    if (folder_->remove_old(OutputFolder::file_in(path)) || errno == ENOENT || !status) continue;
    const std::string why = errno == EPERM ? "it is no regular file, or belongs to another user"
                                           : output_error_text(errno);
    status = Error{fmt::format(
        "cannot remove {}, which an earlier report left: {}; remove it or choose another folder",
        path, why)};
  }
  return status;
}

std::string ReportSink::write_now(const CaptureInfo& capture) {
  if (file_) {
    if (const Status written = write_report(capture, summary_of_report()); !written)
      return written.error().message;
    return file_->flush() ? "report written to " + options_.path : file_->failure();
  }
  const std::string path = fmt::format("synfin-report-{}.txt", file_stamp(wall_clock()));
  auto file = OutputFile::open(path, OutputMode::Replace);
  if (!file) return "cannot write a report into this folder; start synfin with -o FILE";
  file->buffer() += render_report(ReportFormat::Text, capture, summary(), ports_,
                                  options_.style.render_options(book_, false));
  const Status closed = file->close();
  return closed ? "report written to " + path : closed.error().message;
}

/// Rendering requests the name of each address that it shows.
void ReportSink::prepare_finish(const CaptureInfo& capture) {
  render_report(file_ ? options_.format : ReportFormat::Text, capture, summary_, ports_,
                options_.style.render_options(book_, false));
}

Status ReportSink::finish(const CaptureInfo& capture) {
  const Status written = file_ ? write_report(capture, summary_) : Status(Ok{});
  if (printed_) print(capture, summary_);
  if (!file_ || options_.path == "-") return written;
  const Status closed = file_->close();
  return written ? closed : written;
}

Status ReportSink::finish_printing() {
  const Status closed = file_ && options_.path == "-" ? file_->close() : Status(Ok{});
  const Status printed = printed_ ? printed_->close() : Status(Ok{});
  return closed ? printed : closed;
}

}  // namespace synfin
