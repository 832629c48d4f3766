// See live.h.
#include "synfin/capture/live.h"

#include <fmt/format.h>
#include <net/if.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

#include "synfin/base/wall_clock.h"
#include "synfin/capture/interface_list.h"

namespace synfin {
namespace {

constexpr int kPauseMs = 250;
/// The kernel delivers packets in blocks, at the latest after LiveInterface's time-out. Those that
/// arrived before the request to end are read for this long.
constexpr std::chrono::milliseconds kLastLook{120};
constexpr auto kCheckInterval = std::chrono::milliseconds{500};
constexpr std::size_t kMinArenaSize = 512 * 1024;

std::size_t arena_size(const LiveOptions& options) {
  return std::max<std::size_t>(kMinArenaSize, std::size_t{2} * options.snap_length);
}

}  // namespace

LiveCapture::LiveCapture(const LiveOptions& options)
    : options_(options),
      arena_(arena_size(options)),
      interruption_{.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {}

LiveCapture::~LiveCapture() {
  if (interruption_.wake >= 0) ::close(interruption_.wake);
}

std::string to_text(const LiveCounters& counters, std::uint64_t dropped_events) {
  const auto packets = [](std::uint64_t n, const char* what) {
    return fmt::format("{} packet{} {}\n", n, n == 1 ? "" : "s", what);
  };
  std::string text = packets(counters.captured, "captured") +
                     packets(counters.received, "received by filter") +
                     packets(counters.dropped.kernel, "dropped by kernel");
  if (counters.dropped.interface != 0)
    text += packets(counters.dropped.interface, "dropped by interface");
  if (dropped_events != 0)
    text += fmt::format("{} event{} dropped, because the output was too slow\n", dropped_events,
                        dropped_events == 1 ? "" : "s");
  return text;
}

Result<std::unique_ptr<LiveCapture>> LiveCapture::open(const std::vector<std::string>& names,
                                                       const LiveOptions& options) {
  assert(!names.empty());
  std::unique_ptr<LiveCapture> live(new LiveCapture(options));
  for (const std::string& requested : names) {
    const auto name = interface_name(requested);
    if (!name) return name.error();
    if (Status new_one = live->check_is_new(*name); !new_one) return new_one.error();
    const auto number = static_cast<std::uint16_t>(live->captures_.size());
    auto interface = LiveInterface::open(*name, live->options_, number);
    if (!interface) return interface.error();
    live->infos_.push_back((*interface)->info());
    live->captures_.push_back(std::move(*interface));
    live->reported_.push_back({});
  }
  return Result<std::unique_ptr<LiveCapture>>(std::move(live));
}

/// Two captures of one interface would deliver each packet twice.
Status LiveCapture::check_is_new(const std::string& name) const {
  for (const InterfaceInfo& other : infos_) {
    if (other.name == name) return Error{"-i names " + name + " twice", ErrorKind::Usage};
  }
  return Ok{};
}

Status LiveCapture::apply_filter(const std::string& expression) {
  options_.expression = expression;
  options_.defer_filter = false;
  for (const auto& interface : captures_) {
    if (Status applied = interface->apply_filter(); !applied) return applied;
  }
  return Ok{};
}

std::size_t LiveCapture::next_batch(std::span<Packet> out) {
  assert(!out.empty());
  if (ended()) return 0;
  const auto now = std::chrono::steady_clock::now();
  if (interruption_.requested.load(std::memory_order_relaxed) && !interruption_.last_look)
    interruption_.last_look = now + kLastLook;
  arena_.clear();
  std::size_t count = read_all(out);
  if (count == 0 && wait()) count = read_all(out);
  if (now >= next_check_) check_interfaces();
  if (interruption_.last_look && now >= *interruption_.last_look)
    interruption_.ended.store(true, std::memory_order_relaxed);
  captured_ += count;
  return count;
}

/// Waits for packets; false if none arrived within kPauseMs, or kLastLook if the run is to end.
bool LiveCapture::wait() {
  polled_.assign(1, {interruption_.last_look ? -1 : interruption_.wake, POLLIN, 0});
  for (const auto& interface : captures_) {
    if (const int descriptor = interface->descriptor(); descriptor >= 0)
      polled_.push_back({descriptor, POLLIN, 0});
  }
  const int pause = interruption_.last_look ? static_cast<int>(kLastLook.count()) : kPauseMs;
  return ::poll(polled_.data(), polled_.size(), pause) > 0;
}

std::size_t LiveCapture::read_all(std::span<Packet> out) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < captures_.size(); ++i) {
    const std::size_t left = captures_.size() - i;
    const std::size_t share = (out.size() - count + left - 1) / left;
    LiveInterface& interface = *captures_[(first_read_ + i) % captures_.size()];
    count += interface.read(out.subspan(count, share), arena_);
  }
  first_read_ = (first_read_ + 1) % captures_.size();
  if (captures_.size() > 1) {
    std::stable_sort(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count),
                     [](const Packet& a, const Packet& b) { return a.time < b.time; });
  }
  return count;
}

void LiveCapture::check_interfaces() {
  next_check_ = std::chrono::steady_clock::now() + kCheckInterval;
  for (std::size_t i = 0; i < captures_.size(); ++i) {
    LiveInterface& interface = *captures_[i];
    interface.check_state();
    infos_[i] = interface.info();
    ReportedState& reported = reported_[i];
    const bool is_up = interface.state() == LiveInterface::State::Up;
    if (reported.up && (!is_up || interface.losses() != reported.losses)) begin_gap(interface);
    if (is_up && (!reported.up || interface.losses() != reported.losses)) end_gap(interface);
    reported = {is_up, interface.losses()};
  }
  publish_counters();
}

void LiveCapture::begin_gap(LiveInterface& interface) {
  const bool down = if_nametoindex(interface.name().c_str()) != 0;

  const std::lock_guard lock(published_.mutex);
  published_.gaps.begin(interface.name(), wall_clock());
  published_.notices.push_back(fmt::format("{} is {}; capture resumes when it is back",
                                           interface.name(), down ? "down" : "gone"));
}

void LiveCapture::end_gap(LiveInterface& interface) {
  const std::lock_guard lock(published_.mutex);
  published_.notices.push_back(published_.gaps.end(interface.name(), wall_clock()));
}

void LiveCapture::publish_counters() {
  LiveCounters sum;
  sum.captured = captured_;
  for (const auto& interface : captures_) {
    const LiveInterface::Counts& counts = interface->counts();
    sum.received += counts.received;
    sum.dropped += counts.dropped;
  }
  const std::lock_guard lock(published_.mutex);
  published_.counters = sum;
}

void LiveCapture::finish() { publish_counters(); }

void LiveCapture::interrupt() noexcept {
  if (interruption_.requested.exchange(true, std::memory_order_relaxed)) return;
  const int error = errno;
  const std::uint64_t one = 1;
  (void)!::write(interruption_.wake, &one, sizeof one);
  errno = error;
}

LiveCounters LiveCapture::counters() const {
  const std::lock_guard lock(published_.mutex);
  return published_.counters;
}

std::vector<std::string> LiveCapture::take_notices() {
  const std::lock_guard lock(published_.mutex);
  return std::exchange(published_.notices, {});
}

std::vector<std::string> LiveCapture::gap_sentences() const {
  const std::lock_guard lock(published_.mutex);
  return published_.gaps.sentences();
}

bool LiveCapture::kernel_filters() const {
  return std::all_of(captures_.begin(), captures_.end(),
                     [](const auto& interface) { return interface->kernel_filters(); });
}

std::string LiveCapture::filter_text() const {
  std::string text;
  for (const auto& interface : captures_) {
    if (captures_.size() > 1) text += fmt::format("; {}\n", interface->name());
    text += bpf_text(interface->filter());
  }
  return text;
}

}  // namespace synfin
