// See frequent_file.h.
#include "synfin/report/frequent_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "synfin/base/special_purpose.h"

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

std::string stamp() {
  const Timestamp now = timestamp_from_ns(std::int64_t{std::time(nullptr)} * 1'000'000'000);
  std::string text =
      format_date(now, Zone::Local) + '-' + format_time_of_day(now, Zone::Local).substr(0, 8);
  std::erase(text, ':');
  text.erase(std::remove(text.begin(), text.begin() + 10, '-'), text.begin() + 10);
  return text;
}

}  // namespace

/// Where it is not known which end is ours, a public address is remote, else the responder.
void FrequentFile::add(const ConnectionRecord& record, Annotator& annotator) {
  addresses_.extend_to(record.last);
  if (!proves_connection(record)) return;
  const Address& orig = record.tuple.orig.address;
  const Address& resp = record.tuple.resp.address;
  const auto is_remote = [&](const Address& address) {
    return !annotator.is_local(address).value_or(is_special_purpose(address));
  };
  const bool orig_remote = is_remote(orig);
  const bool resp_remote = is_remote(resp) || !orig_remote;
  if (orig_remote) addresses_.add(orig, record.first, record.last);
  if (resp_remote) addresses_.add(resp, record.first, record.last);
}

Result<FrequentFile> FrequentFile::open(double percent, std::size_t max_addresses) {
  std::string path = fmt::format("frequent_ips_{:g}pct_{}.txt", percent, stamp());
  auto file = OutputFile::open(path);
  if (!file) return file.error();
  return FrequentFile(percent, max_addresses, std::move(path), std::move(*file));
}

Result<std::string> FrequentFile::write() {
  file_.buffer() += frequent_addresses_text(addresses_.at_least(percent_), percent_);
  if (const Status closed = file_.close(); !closed) return closed.error();
  return path_;
}

}  // namespace synfin
