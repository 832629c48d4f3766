// See progress_line.h.
#include "synfin/view/progress_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "synfin/base/time.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

constexpr double kMiB = 1024.0 * 1024.0;

}  // namespace

ProgressLine::ProgressLine(bool wanted) : active_(wanted && isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (shown_) clear();
}

void ProgressLine::clear() { std::fputs("\r\x1b[K", stderr); }

std::string ProgressLine::text(PacketSource::Progress progress, std::uint64_t packets,
                               std::chrono::duration<double> elapsed) {
  const double done = static_cast<double>(progress.done);
  const double rate = done / elapsed.count();
  if (progress.total == 0) {
    return fmt::format("{:.0f} MiB read  {:.0f} MiB/s  {} packets", done / kMiB, rate / kMiB,
                       with_separators(packets));
  }
  const double total = static_cast<double>(progress.total);
  const double left = rate > 0 ? (total - done) / rate : 0;
  return fmt::format("{:.0f} of {:.0f} MiB  {:.0f} %  {:.0f} MiB/s  {} left  {} packets",
                     done / kMiB, total / kMiB, 100 * done / total, rate / kMiB,
                     format_human(Duration{static_cast<std::int64_t>(left * 1e9)}),
                     with_separators(packets));
}

void ProgressLine::update(PacketSource::Progress progress, std::uint64_t packets) {
  if (!active_) return;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin_;
  if (elapsed.count() <= 0) return;
  shown_ = true;
  clear();
  std::fputs(text(progress, packets, elapsed).c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace synfin
