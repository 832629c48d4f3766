// Outputs: what goes to standard output, on the screen or again and again. See outputs.h.
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <thread>

#include "app/outputs.h"
#include "synfin/base/diagnostics.h"
#include "synfin/report/document.h"

namespace synfin {
namespace {

/// Between two prints of a live view into a pipe, where nobody said how long.
constexpr Duration kEvery = std::chrono::seconds{10};
constexpr Duration kPrepare = std::chrono::milliseconds{1'200};
constexpr auto kBrowseEvery = std::chrono::milliseconds{50};

Timestamp wall_clock() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return timestamp_from_ns(std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec);
}

std::string file_stamp() {
  const Timestamp now = wall_clock();
  std::string text =
      format_date(now, Zone::Local) + '-' + format_time_of_day(now, Zone::Local).substr(0, 8);
  std::erase(text, ':');
  return text;
}

}  // namespace

/// Live views that count stand on the screen by themselves; all others where --screen says so.
bool Outputs::on_screen(bool terminal) const {
  const ViewKind view = options_.effective_view();
  if (!terminal || view == ViewKind::None) return false;
  const bool by_itself = options_.read.empty() && view != ViewKind::Events && !options_.every;
  return options_.screen || by_itself;
}

/// How often the view is printed; not at all between times where it stands on the screen, goes on
/// line by line, or is of a capture that somebody waits for.
std::optional<Duration> Outputs::repetition(bool on_screen) const {
  const ViewKind view = options_.effective_view();
  const bool by_line = view == ViewKind::Events || view == ViewKind::Netstat;
  if (on_screen || by_line || view == ViewKind::None) return std::nullopt;
  if (options_.every) return options_.every;
  return options_.read.empty() ? std::optional(kEvery) : std::nullopt;
}

ReportFormat Outputs::report_format() const {
  return options_.report_format.value_or(report_format_of(options_.report));
}

CaptureInfo Outputs::so_far() const {
  CaptureInfo info;
  info.sources = options_.read.empty() ? options_.live.interfaces : options_.read;
  info.filter = options_.filter;
  info.so_far = true;
  info.open = gauges_.open.load(std::memory_order_relaxed);
  info.ledger.received = gauges_.packets.load(std::memory_order_relaxed);
  return info;
}

/// What counts beside the view that is printed: everything for the screen, timelines for a report,
/// but where nothing is looked at and speed is all.
std::vector<ViewKind> Outputs::views_beside(bool on_screen) const {
  std::vector<ViewKind> kinds;
  for (std::size_t i = 0; on_screen && i < kViewKinds; ++i)
    kinds.push_back(static_cast<ViewKind>(i));
  const bool looked_at = options_.effective_view() != ViewKind::None || options_.time_unit;
  if (report_file_ && looked_at) kinds.push_back(ViewKind::Timeline);
  if (report_file_ && options_.enrichment.process && options_.enrichment.live)
    kinds.push_back(ViewKind::Processes);
  return kinds;
}

void Outputs::write_report(const CaptureInfo& capture) {
  RenderOptions render = render_options(false);
  std::vector<Table> more;
  if (views_) more = views_->report_tables(render);
  render.more = &more;
  report_file_->buffer() +=
      render_report(report_format(), capture, *summary_, annotator_.ports(), render);
}

void Outputs::print_view(const CaptureInfo& capture) {
  const RenderOptions render = render_options(screen_->is_terminal());
  if (options_.effective_view() == ViewKind::Summary) {
    screen_->buffer() +=
        render_report(ReportFormat::Text, capture, *summary_, annotator_.ports(), render);
  } else if (views_ && options_.effective_view() != ViewKind::Events) {
    views_->print(screen_->buffer(), render);
  }
}

/// REQUIRES: every_, and views_mutex_ where it is shared.
void Outputs::print_again(Timestamp now) {
  if (now < next_print_) return;
  const bool first = next_print_ == Timestamp{};
  next_print_ = now + *every_;
  if (first) return;
  const Zone zone = options_.utc ? Zone::Utc : Zone::Local;
  CaptureInfo capture = live_screen_ ? live_screen_->so_far() : so_far();
  capture.first_packet = capture.last_packet = now;
  screen_->buffer() += fmt::format("-- {}\n", moment_text(now, zone));
  print_view(capture);
  screen_->buffer() += '\n';
  screen_->flush();
}

void Outputs::tick() {
  if (!every_ || !options_.read.empty()) return;
  const std::lock_guard lock(views_mutex_);
  const Timestamp now = wall_clock();
  // Rates are over the two seconds before a print.
  if (views_ && now >= next_print_ - 2 * kPrepare) views_->prepare();
  print_again(now);
}

std::string Outputs::write_report_so_far() {
  const CaptureInfo capture = live_screen_->so_far();
  const RenderOptions render = render_options(false);
  if (report_file_) {
    report_file_->rewind();
    write_report(capture);
    return report_file_->flush() ? "report written to " + options_.report : report_file_->failure();
  }
  const std::string path = fmt::format("synfin-report-{}.txt", file_stamp());
  auto file = OutputFile::open(path);
  if (!file) return file.error().message;
  file->buffer() +=
      render_report(ReportFormat::Text, capture, *summary_, annotator_.ports(), render);
  const Status closed = file->close();
  return closed ? "report written to " + path : closed.error().message;
}

Status Outputs::start_screen(CaptureInfo capture) {
  const bool terminal = screen_ && screen_->is_terminal();
  if (!on_screen(terminal)) return Ok{};
  live_screen_ = std::make_unique<LiveScreen>(
      LiveScreenParts{.options = options_,
                      .views = views_->set(),
                      .lookup = views_->lookup(),
                      .open = views_->open_reader(),
                      .sockets = views_->sockets(),
                      .summary = *summary_,
                      .annotator = annotator_,
                      .gauges = gauges_,
                      .mutex = views_mutex_,
                      .write_report = [this] { return write_report_so_far(); }},
      std::move(capture));
  const RenderOptions render = render_options(true);
  const ViewKind view = options_.effective_view();
  divert_diagnostics(
      [screen = live_screen_.get()](std::string_view words) { screen->tell(words); });
  return live_screen_->start({.tab = view,
                              .each = options_.each,
                              .style = {.unicode = render.unicode, .zone = render.zone},
                              .color = render.color});
}

void Outputs::stop_screen() {
  if (!live_screen_) return;
  live_screen_->stop();
  divert_diagnostics({});
}

void Outputs::browse(const std::function<bool()>& stopped) {
  if (!live_screen_) return;
  live_screen_->set_ended();
  while (!live_screen_->quit_asked() && !stopped()) std::this_thread::sleep_for(kBrowseEvery);
}

}  // namespace synfin
