// See live_screen.h.
#include "app/live_screen.h"

#include <unistd.h>

#include <csignal>
#include <ctime>
#include <fstream>

#include "synfin/report/document.h"
#include "synfin/report/summary_data.h"

namespace synfin {
namespace {

constexpr auto kMeasureEvery = std::chrono::seconds{1};
constexpr auto kSummarizeEvery = std::chrono::seconds{1};
constexpr std::size_t kSummaryRows = 20;
constexpr int kWorthOf = 20;

Timestamp wall_clock() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return timestamp_from_ns(std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec);
}

/// Of this thread.
Duration processor_time() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return Duration{std::int64_t{spent.tv_sec} * 1'000'000'000 + spent.tv_nsec};
}

/// Of this process, in bytes.
std::uint64_t resident_memory() {
  std::ifstream in("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  in >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

LiveScreen::LiveScreen(const LiveScreenParts& parts, CaptureInfo capture)
    : parts_(parts), capture_(std::move(capture)), live_(parts.options.read.empty()) {
  header_.source = joined(capture_.sources);
  header_.scope = capture_.scope;
  header_.filter = capture_.filter;
}

Status LiveScreen::start(const ScreenOptions& options) {
  auto screen = Screen::start(*this, options);
  if (!screen) return screen.error();
  screen_ = std::move(*screen);
  return Ok{};
}

void LiveScreen::stop() {
  if (screen_) screen_->stop();
}

void LiveScreen::tell(std::string_view sentence) {
  const std::lock_guard lock(notice_mutex_);
  notice_ = sentence;
}

std::string LiveScreen::take_notice() {
  const std::lock_guard lock(notice_mutex_);
  return std::exchange(notice_, {});
}

/// Rates over a second or more.
void LiveScreen::measure(std::uint64_t begun) {
  const Clock::time_point now = Clock::now();
  if (measured_ != Clock::time_point{} && now - measured_ < kMeasureEvery) return;
  const double seconds = std::chrono::duration<double>(now - measured_).count();
  const std::uint64_t packets = parts_.gauges.packets.load(std::memory_order_relaxed);
  if (measured_ != Clock::time_point{}) {
    header_.rate = static_cast<double>(begun - begun_) / seconds;
    header_.packet_rate = static_cast<double>(packets - packets_) / seconds;
  }
  begun_ = begun;
  packets_ = packets;
  measured_ = now;
  header_.memory = resident_memory();
}

ScreenHeader LiveScreen::header() {
  std::uint64_t begun = 0;
  {
    const std::lock_guard lock(parts_.mutex);
    begun = parts_.views.begun();
    header_.now = parts_.views.now();
  }
  if (live_) header_.now = wall_clock();
  measure(begun);
  header_.open = parts_.gauges.open.load(std::memory_order_relaxed);
  header_.dropped = parts_.gauges.dropped.load(std::memory_order_relaxed);
  header_.ended = ended_;
  return header_;
}

bool LiveScreen::Kept::serves(ViewKind wanted, const ViewRequest& request) const {
  return kind == wanted && first == request.first && count == request.count &&
         order == request.order && group == request.group && width == request.width &&
         each == request.each && filter == request.filter && Clock::now() < until;
}

/// A page of a hundred thousand rows may take the processor for a while: not more than a twentieth
/// of the time, unless a key asks for another one.
ViewPage LiveScreen::page(ViewKind kind, const ViewRequest& request) {
  if (kept_.serves(kind, request)) return kept_.page;
  const Duration before = processor_time();
  kept_ = {kind,
           request.first,
           request.count,
           request.order,
           request.group,
           request.width,
           request.each,
           std::string{request.filter},
           make_page(kind, request),
           {}};
  kept_.until = Clock::now() + kWorthOf * (processor_time() - before);
  return kept_.page;
}

ViewPage LiveScreen::make_page(ViewKind kind, const ViewRequest& request) {
  ViewRequest asked = request;
  const std::lock_guard lock(parts_.mutex);
  if (parts_.sockets != nullptr) asked.host = parts_.sockets->read(Clock::now());
  if (asked.host != nullptr && parts_.views.timeline() != nullptr) {
    parts_.views.timeline()->note_listeners(*asked.host, asked.now);
  }
  if (parts_.open != nullptr && kind == ViewKind::Endpoints)
    asked.open = &parts_.open->read(parts_.views, Clock::now());
  const View* view = parts_.views.view(kind);
  return view == nullptr ? ViewPage{} : view->page(asked, parts_.lookup);
}

std::span<const std::string_view> LiveScreen::orders(ViewKind kind) {
  const View* view = parts_.views.view(kind);
  return view == nullptr ? std::span<const std::string_view>{} : view->orders();
}

CaptureInfo LiveScreen::so_far() const {
  CaptureInfo info = capture_;
  info.so_far = true;
  info.ledger.received = parts_.gauges.packets.load(std::memory_order_relaxed);
  info.open = parts_.gauges.open.load(std::memory_order_relaxed);
  info.ledger.dropped_kernel = parts_.gauges.dropped.load(std::memory_order_relaxed);
  info.first_packet = parts_.views.since();
  info.last_packet = parts_.views.now();
  return info;
}

/// Sorting all that is counted takes a while: not more often than a person reads it.
Document LiveScreen::summary(const ViewRequest& request) {
  if (summary_ && Clock::now() - summarized_ < kSummarizeEvery) return *summary_;
  RenderOptions options;
  options.unicode = request.unicode;
  options.width = request.width;
  options.zone = request.zone;
  options.book = &parts_.annotator.book();
  const std::lock_guard lock(parts_.mutex);
  summary_ = describe_report(so_far(), parts_.summary.data(kSummaryRows), parts_.annotator.ports(),
                             options);
  summarized_ = Clock::now();
  return *summary_;
}

Document LiveScreen::details(const Subject& subject, const ViewRequest& request) {
  ViewRequest asked = request;
  const std::lock_guard lock(parts_.mutex);
  if (parts_.sockets != nullptr) asked.host = parts_.sockets->read(Clock::now());
  if (parts_.open != nullptr) asked.open = &parts_.open->read(parts_.views, Clock::now());
  return parts_.views.events()->details(subject, asked, parts_.lookup);
}

std::string LiveScreen::write_report() {
  const std::lock_guard lock(parts_.mutex);
  return parts_.write_report();
}

/// As Ctrl-C does.
void LiveScreen::quit() { kill(getpid(), SIGINT); }

}  // namespace synfin
