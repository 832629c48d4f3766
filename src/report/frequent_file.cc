// See frequent_file.h.
#include "synfin/report/frequent_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "synfin/base/diagnostics.h"
#include "synfin/base/special_purpose.h"
#include "synfin/base/wall_clock.h"

namespace synfin {
namespace {

bool proves_connection(const ConnectionRecord& record) {
  switch (record.outcome) {
    case Outcome::Open:
    case Outcome::Closed:
    case Outcome::Reset:
    case Outcome::Midstream:
      return true;
    default:
      return false;
  }
}

/// "20260301-143016".
std::string file_stamp(Timestamp now) {
  std::string date = format_date(now, Zone::Local);
  std::string time = format_time_of_day(now, Zone::Local).substr(0, 8);
  std::erase(date, '-');
  std::erase(time, ':');
  return date + '-' + time;
}

/// Whether `address` may be remote. If it is unknown which addresses are local, public ones are
/// remote.
bool is_remote(const Address& address, const EndpointAnnotations& about) {
  return !about.local.value_or(is_special_purpose(address));
}

}  // namespace

std::string FrequentFile::path_begin(double percent) {
  return fmt::format("frequent_ips_{:g}pct_", percent);
}

Result<std::unique_ptr<FrequentFile>> FrequentFile::open(double percent,
                                                         std::size_t max_addresses) {
  auto file = OutputFile::open(path_begin(percent) + file_stamp(wall_clock()) + ".txt",
                               OutputMode::Replace);
  if (!file) return file.error();
  return std::unique_ptr<FrequentFile>(new FrequentFile(percent, max_addresses, std::move(*file)));
}

void FrequentFile::on_events(std::span<const AnnotatedEvent> events) {
  for (const auto& [event, about] : events) {
    if (event.kind == EventKind::Record) add(event.connection, about);
  }
}

/// If neither end is remote, the responder counts as remote.
void FrequentFile::add(const ConnectionRecord& record, const Annotations& about) {
  addresses_.extend_to(record.first);
  addresses_.extend_to(record.last);
  if (!proves_connection(record)) return;
  const Address& orig = record.tuple.orig.address;
  const Address& resp = record.tuple.resp.address;
  const bool orig_remote = is_remote(orig, about.orig);
  const bool resp_remote = is_remote(resp, about.resp) || !orig_remote;
  if (orig_remote) addresses_.add(orig, record.first, record.last);
  if (resp_remote) addresses_.add(resp, record.first, record.last);
}

Status FrequentFile::finish(const CaptureInfo& capture) {
  if (capture.ledger.used() > 0) {  // the time span of the report
    addresses_.extend_to(capture.first_packet);
    addresses_.extend_to(capture.last_packet);
  }
  file_.buffer() += frequent_addresses_text(addresses_.at_least(percent_), percent_);
  Status closed = file_.close();
  if (closed) log(LogLevel::Info, "frequent addresses are in " + path());
  if (const std::uint64_t ignored = addresses_.ignored(); ignored > 0) {
    log(LogLevel::Warning,
        fmt::format("--save-threshold counted no more than {} addresses: {} connections of others "
                    "are missing; --max-hosts sets the limit",
                    addresses_.max_addresses(), ignored));
  }
  return closed;
}

}  // namespace synfin
