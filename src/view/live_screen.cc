// See live_screen.h.
#include "synfin/view/live_screen.h"

#include <unistd.h>

#include <ctime>
#include <fstream>
#include <utility>

#include "synfin/base/wall_clock.h"
#include "synfin/report/document.h"
#include "synfin/report/summary_data.h"

namespace synfin {
namespace {

constexpr auto kMeasureInterval = std::chrono::seconds{1};
constexpr auto kSummaryInterval = std::chrono::seconds{1};
constexpr std::size_t kSummaryRows = 20;
/// A page is shown for at least this many times the processor time that it took.
constexpr int kReuseFactor = 20;

/// Processor time of this thread.
Duration processor_time() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return Duration{std::int64_t{spent.tv_sec} * 1'000'000'000 + spent.tv_nsec};
}

/// Resident memory of this process, in bytes.
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

LiveScreen::LiveScreen(LiveScreenParts parts, CaptureInfo capture)
    : parts_(std::move(parts)), capture_(std::move(capture)) {
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

void LiveScreen::show_notice(std::string_view sentence) {
  const std::lock_guard lock(notice_mutex_);
  notice_ = sentence;
}

std::string LiveScreen::take_notice() {
  const std::lock_guard lock(notice_mutex_);
  return std::exchange(notice_, {});
}

/// Computes rates over a second or more.
void LiveScreen::measure(std::uint64_t connections) {
  const Clock::time_point now = Clock::now();
  const bool measured_before = measured_.at != Clock::time_point{};
  if (measured_before && now - measured_.at < kMeasureInterval) return;
  const std::uint64_t packets = parts_.gauges.packets.load(std::memory_order_relaxed);
  if (measured_before) {
    const double seconds = std::chrono::duration<double>(now - measured_.at).count();
    header_.rate = static_cast<double>(connections - measured_.connections) / seconds;
    header_.packet_rate = static_cast<double>(packets - measured_.packets) / seconds;
  }
  measured_ = {now, packets, connections};
  header_.memory = resident_memory();
}

ScreenHeader LiveScreen::header() {
  std::uint64_t connections = 0;
  {
    const std::lock_guard lock(parts_.mutex);
    connections = parts_.views.views().begun();
    header_.now = parts_.views.views().now();
    header_.open = parts_.views.views().open();
  }
  if (parts_.live) header_.now = wall_clock();
  measure(connections);
  header_.dropped = parts_.gauges.dropped.load(std::memory_order_relaxed);
  header_.dropped_events = parts_.gauges.dropped_ring.load(std::memory_order_relaxed);
  header_.ended = ended_;
  return header_;
}

bool LiveScreen::CachedPage::answers(ViewKind wanted, const ViewRequest& request) const {
  return first == request.first && count == request.count && list == ListKey::of(wanted, request) &&
         Clock::now() < until;
}

/// Selecting from a hundred thousand rows may take long. Unless a key asks for another page, pages
/// take at most a twentieth of the processor's time.
ViewPage LiveScreen::page(ViewKind kind, const ViewRequest& request) {
  if (cached_page_.answers(kind, request)) return cached_page_.page;
  const Duration before = processor_time();
  ViewPage page;
  {
    const std::lock_guard lock(parts_.mutex);
    page = parts_.views.page(kind, request);
  }
  cached_page_ = {ListKey::of(kind, request), request.first, request.count, std::move(page),
                  Clock::now() + kReuseFactor * (processor_time() - before)};
  return cached_page_.page;
}

std::span<const std::string_view> LiveScreen::orders(ViewKind kind) {
  const View* view = parts_.views.views().view(kind);
  return view == nullptr ? std::span<const std::string_view>{} : view->orders();
}

void LiveScreen::set_ended(CaptureInfo capture) {
  const std::lock_guard lock(parts_.mutex);
  capture_ = std::move(capture);
  ended_ = true;
}

/// What was captured so far, or in all. REQUIRES: the mutex is held.
CaptureInfo LiveScreen::captured() const {
  CaptureInfo info = capture_;
  if (ended_) return info;
  info.so_far = true;
  info.ledger.received = parts_.gauges.packets.load(std::memory_order_relaxed);
  info.open = parts_.views.views().open();
  info.ledger.dropped_kernel = parts_.gauges.dropped.load(std::memory_order_relaxed);
  info.ledger.dropped_ring = parts_.gauges.dropped_ring.load(std::memory_order_relaxed);
  info.first_packet = parts_.views.views().since();
  info.last_packet = parts_.views.views().now();
  return info;
}

/// Sorting all that is counted takes long, so the summary is made at most once a second.
Document LiveScreen::summary(const ViewRequest& request) {
  if (summary_ && Clock::now() - summarized_ < kSummaryInterval) return *summary_;
  RenderOptions options;
  options.unicode = request.unicode;
  options.width = request.width;
  options.zone = request.zone;
  options.book = &parts_.report.book();
  const std::lock_guard lock(parts_.mutex);
  summary_ = describe_report(captured(), parts_.report.summary().data(kSummaryRows),
                             parts_.report.ports(), options);
  summarized_ = Clock::now();
  return *summary_;
}

Document LiveScreen::details(const RowTarget& subject, const ViewRequest& request) {
  const std::lock_guard lock(parts_.mutex);
  return parts_.views.details(subject, request);
}

std::string LiveScreen::write_report() {
  const std::lock_guard lock(parts_.mutex);
  return parts_.report.write_now(captured());
}

}  // namespace synfin
