// See outputs.h.
#include "app/outputs.h"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <utility>

#include "synfin/base/diagnostics.h"
#include "synfin/log/event_log.h"

namespace synfin {
namespace {

/// Live, from a pipe, or more bytes than are read in the time that a database takes; or what waits
/// for answers.
bool takes_a_while(const Options& options) {
  if (options.enrichment.resolve_names) return true;
  constexpr std::uintmax_t kMuch = std::uintmax_t{16} << 20;
  std::uintmax_t bytes = 0;
  for (const std::string& path : options.read) {
    std::error_code unknown;
    const std::uintmax_t size = std::filesystem::file_size(path, unknown);
    if (unknown) return true;
    bytes += size;
  }
  return options.read.empty() || bytes > kMuch;
}

constexpr Duration kStatusEvery = std::chrono::seconds{10};

/// Wall-clock time, for the #open and #close lines of a log alone.
Timestamp wall_clock() {
  return timestamp_from_ns(std::int64_t{std::time(nullptr)} * 1'000'000'000);
}

bool locale_is_utf8() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): asked while no other thread touches the locale
  return std::string_view(nl_langinfo(CODESET)) == "UTF-8";
}

bool may_color(const Options& options, bool terminal) {
  const char* no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return terminal && !options.no_color && (no_color == nullptr || *no_color == '\0');
}

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void log_all(LogLevel level, const std::vector<std::string>& sentences) {
  for (const std::string& sentence : sentences) log(level, sentence);
}

}  // namespace

Status Outputs::open_file(const std::string& path, std::optional<OutputFile>& file) {
  if (path.empty()) return Ok{};
  auto opened = OutputFile::open(path);
  if (!opened) return opened.error();
  file.emplace(std::move(*opened));
  return Ok{};
}

Status Outputs::open_log() {
  if (options_.log.empty()) return Ok{};
  log_ = LogWriter::make(options_.log_format);
  LogWriter* log = log_.get();
  auto opened =
      RotatingOutput::open(options_.log, options_.live.rotation,
                           {.begin = [log](std::string& out) { log->begin(out, wall_clock()); },
                            .end = [log](std::string& out) { log->end(out, wall_clock()); }});
  if (!opened) return opened.error();
  log_file_.emplace(std::move(*opened));
  return Ok{};
}

Status Outputs::open_events() {
  if (options_.events.empty()) return Ok{};
  auto opened = RotatingOutput::open(options_.events, {}, {});
  if (!opened) return opened.error();
  events_file_.emplace(std::move(*opened));
  return Ok{};
}

Result<std::unique_ptr<Outputs>> Outputs::open(const Options& options) {
  std::unique_ptr<Outputs> out(new Outputs(options));
  const ViewKind view = options.effective_view();
  for (const Status& status :
       {out->open_log(), out->open_events(), out->open_file(options.report, out->report_file_),
        out->open_file(view == ViewKind::None ? "" : "-", out->screen_),
        out->annotator_.start_names()}) {
    if (!status) return status.error();
  }
  const Zone zone = options.utc ? Zone::Utc : Zone::Local;
  if (out->screen_) out->screen_->set_line_buffered(options.line_buffered);
  if (out->log_file_) out->log_file_->set_line_buffered(options.line_buffered);
  const bool terminal = out->screen_ && out->screen_->is_terminal();
  if (options.screen && !terminal) {
    return Error{"--screen needs a terminal as standard output, and a view", ErrorKind::Usage};
  }
  const bool full = out->on_screen(terminal);
  auto hiding = ConnectionFilter::make(options.filters, options.enrichment);
  if (!hiding) return hiding.error();
  out->hiding_ = std::move(*hiding);
  if (!options.filters.show.empty()) out->show_.emplace(options.filters.show);
  if (options.save_threshold >= 0) {
    auto frequent = FrequentFile::open(options.save_threshold, options.max_hosts);
    if (!frequent) return frequent.error();
    out->frequent_.emplace(std::move(*frequent));
  }
  if (out->hiding_) log_all(LogLevel::Warning, out->hiding_->notices());
  if (view == ViewKind::Events && !full) {
    out->lines_.emplace(EventLineOptions{
        .color = may_color(options, terminal), .unicode = locale_is_utf8(), .zone = zone});
  }
  const std::vector<ViewKind> more = out->views_beside(full);
  if (ViewOutput::counts(view) || !more.empty()) {
    auto views = ViewOutput::make(options, out->annotator_, out->hiding_.get(), more);
    if (!views) return views.error();
    out->views_ = std::move(*views);
    if (options.read.empty()) {
      out->open_.emplace(out->open_snapshot_, options.packets != PacketScope::All);
      out->views_->read_open(&*out->open_);
    }
  }
  out->show_own_addresses();
  if (view == ViewKind::Summary || out->report_file_ || full) {
    out->summary_.emplace(SummaryOptions{.max_hosts = options.max_hosts});
  }
  out->every_ = out->repetition(full);
  out->shared_ = full || out->every_;
  out->counts_apart_ = out->summary_ && !out->hiding_ && !out->show_ && !out->shared_;
  log_all(LogLevel::Warning, out->annotator_.missing());
  if (out->summary_ || out->log_ || out->lines_ || out->views_)
    out->annotator_.open_databases(full || takes_a_while(options));
  return out;
}

EventMask Outputs::wanted() const {
  // A process is looked for when its connection begins, not when its record is written.
  const bool all = events_file_ || lines_ || views_ || options_.enrichment.process;
  return all ? EventMask::all() : EventMask::only(EventKind::Record);
}

void Outputs::count(std::span<const Event> events) {
  if (counts_apart_) summary_->add(events);
}

void Outputs::consume(std::span<const Event> events) {
  annotator_.look_for_processes(events);  // may wait a moment; the screen need not
  std::unique_lock lock(views_mutex_, std::defer_lock);
  if (shared_) lock.lock();
  annotator_.take_answers();
  if (hiding_) events = hiding_->shown(events, annotator_);
  const std::span<const Event> selected = show_ ? show_->select(events, annotator_) : events;
  if (summary_ && !counts_apart_) summary_->add(selected);
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    const bool matched = !show_ || show_->matched(i);
    if (views_) views_->observe(event, annotator_.annotate(event.connection), matched);
    if (matched) deliver(event);
    if (event.kind == EventKind::Record) annotator_.forget(event.connection);
    // A capture that is read tells its own time.
    if (every_ && !options_.read.empty() && event.kind != EventKind::Record)
      print_again(event.time);
  }
  if (views_ && views_->streams() && !live_screen_) print_view({});
}

void Outputs::deliver(const Event& event) {
  if (events_file_) {
    append_event_json(events_file_->buffer(), event);
    events_file_->commit();
  }
  if (event.kind == EventKind::Record) {
    annotator_.ask_for_names(event.connection);
    if (frequent_) frequent_->add(event.connection, annotator_);
    write_record(event.connection);
  } else if (lines_) {
    show(event);
  }
}

void Outputs::write_record(const ConnectionRecord& record) {
  if (!log_) return;
  log_->append(log_file_->buffer(), record, annotator_.annotate(record));
  log_file_->commit();
}

/// Among event lines on a terminal, every ten seconds of capture time.
void Outputs::show_status(Timestamp now) {
  if (!screen_->is_terminal() || options_.quiet || now < next_status_) return;
  if (next_status_ != Timestamp{}) {
    EventLines::Status status;
    status.time = now;
    status.open = gauges_.open.load(std::memory_order_relaxed);
    status.dropped = gauges_.dropped.load(std::memory_order_relaxed);
    lines_->append_status(screen_->buffer(), status);
  }
  next_status_ = now + kStatusEvery;
}

void Outputs::show(const Event& event) {
  show_status(event.time);
  lines_->append(screen_->buffer(), event, annotator_.annotate(event.connection));
  screen_->commit();
}

void Outputs::show_own_addresses() {
  const OwnAddresses* own = annotator_.own_addresses();
  if (views_ && own != nullptr) views_->set_own_addresses(own->addresses());
}

void Outputs::flush() {
  std::unique_lock lock(views_mutex_, std::defer_lock);
  if (shared_) lock.lock();
  for (auto* file : {&log_file_, &events_file_}) {
    if (*file) (*file)->flush();
  }
  if (screen_) screen_->flush();
}

void Outputs::poll() {
  std::unique_lock lock_views(views_mutex_, std::defer_lock);
  if (shared_) lock_views.lock();
  annotator_.refresh();
  log_all(LogLevel::Warning, annotator_.take_complaints());
  if (const unsigned asked = reopen_requests(); asked != reopened_) {
    reopened_ = asked;
    for (auto* file : {&log_file_, &events_file_}) {
      if (*file) (*file)->reopen();
    }
  }
  if (annotator_.follow_own_addresses()) show_own_addresses();
  if (views_) views_->list_udp_sockets();
  if (views_ && views_->streams() && !live_screen_) print_view({});
  if (lines_ && options_.read.empty()) show_status(wall_clock());
  if (shared_) lock_views.unlock();
  flush();
  std::vector<std::string> failures;
  for (auto* file : {&log_file_, &events_file_}) {
    if (*file) failures.push_back((*file)->take_failure());
  }
  if (screen_ && !screen_->failure().empty() && !std::exchange(screen_failed_, true))
    failures.push_back(screen_->failure());
  for (const std::string& failure : failures) {
    if (!failure.empty()) log(LogLevel::Error, failure + "; all else goes on");
  }
  if (log_file_ && log_file_->limit_reached()) limit_reached_ = true;
}

void Outputs::give_to(unsigned uid, unsigned gid) {
  for (auto* file : {&log_file_, &events_file_}) {
    if (*file) (*file)->give_to(uid, gid);
  }
  if (report_file_) report_file_->give_to(uid, gid);
}

RenderOptions Outputs::render_options(bool terminal) {
  RenderOptions render;
  render.color = may_color(options_, terminal);
  render.unicode = locale_is_utf8();
  render.width = options_.width != 0 ? options_.width : terminal ? terminal_width() : 0;
  render.zone = options_.utc ? Zone::Utc : Zone::Local;
  render.book = &annotator_.book();
  return render;
}

/// A first rendering, thrown away, asks for the name of each address that is to be shown.
void Outputs::wait_for_names(const CaptureInfo& capture) {
  if (!annotator_.asks_for_names()) return;
  if (summary_) {
    const ReportFormat format = report_file_ ? report_format() : ReportFormat::Text;
    render_report(format, capture, *summary_, annotator_.ports(), render_options(false));
  }
  const std::string missing = annotator_.wait_for_names();
  if (!missing.empty()) log(LogLevel::Info, missing);
}

std::vector<std::string> Outputs::finish(CaptureInfo capture) {
  stop_screen();
  if (views_) views_->read_open(nullptr);  // all has come as records
  if (hiding_) capture.hidden = hiding_->counts();
  if (show_) capture.hidden.emplace_back("show", show_->omitted());
  wait_for_names(capture);
  if (report_file_) {
    report_file_->rewind();
    write_report(capture);
  }
  if (screen_) print_view(capture);
  log_all(LogLevel::Warning, annotator_.take_complaints());
  if (const std::string lost = annotator_.lost_processes(); !lost.empty())
    log(LogLevel::Warning, lost);
  std::vector<std::string> failures;
  if (frequent_) {
    const auto written = frequent_->write();
    if (written) log(LogLevel::Info, "frequent addresses are in " + *written);
    if (!written) failures.push_back(written.error().message);
  }
  const auto close = [&failures](auto& file) {
    if (!file) return;
    if (const Status closed = file->close(); !closed) failures.push_back(closed.error().message);
  };
  close(log_file_);
  close(events_file_);
  close(report_file_);
  close(screen_);
  return failures;
}

}  // namespace synfin
