// See frequent_file.h.
#include "synfin/view/frequent_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "synfin/base/diagnostics.h"
#include "synfin/base/wall_clock.h"
#include "synfin/report/format.h"
#include "synfin/view/view_sink.h"

namespace synfin {
namespace {

/// "20260301-143016".
std::string file_stamp(Timestamp now) {
  std::string date = format_date(now, Zone::Local);
  std::string time = format_time_of_day(now, Zone::Local).substr(0, 8);
  std::erase(date, '-');
  std::erase(time, ':');
  return date + '-' + time;
}

}  // namespace

std::string FrequentFile::path_begin(double percent) {
  return fmt::format("frequent_ips_{:g}pct_", percent);
}

Result<std::unique_ptr<FrequentFile>> FrequentFile::open(double percent, ViewSink& views) {
  return open(percent, [&views] { return views.shares(); });
}

Result<std::unique_ptr<FrequentFile>> FrequentFile::open(double percent, ReadShares read) {
  auto file = OutputFile::open(path_begin(percent) + file_stamp(wall_clock()) + ".txt",
                               OutputMode::Replace);
  if (!file) return file.error();
  return std::unique_ptr<FrequentFile>(
      new FrequentFile(percent, std::move(read), std::move(*file)));
}

Status FrequentFile::finish(const CaptureInfo& /*capture*/) {
  AddressShares shares = read_();
  std::erase_if(shares.rows, [this](const AddressShare& row) { return row.percent < percent_; });
  std::string& text = file_.buffer();
  text += fmt::format("# Addresses connected at least {:g} % of the time, by synfin\n", percent_);
  for (const AddressShare& row : shares.rows)
    text += fmt::format("{}  # {:.1f} %\n", row.address.to_string(), row.percent);
  Status closed = file_.close();
  if (closed) log(LogLevel::Info, "frequent addresses are in " + path());
  if (shares.replaced > 0) {
    log(LogLevel::Warning,
        fmt::format("--save-threshold does not know all addresses: {} with few connections were "
                    "replaced by others; --max-hosts sets the limit",
                    with_separators(shares.replaced)));
  }
  return closed;
}

}  // namespace synfin
