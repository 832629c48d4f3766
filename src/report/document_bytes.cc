// The totals of connections in words, and reports of logs without byte counts. See document.h.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "synfin/report/document.h"
#include "synfin/report/format.h"

namespace synfin {

std::string connections_text(const CaptureInfo& c, const Totals& t) {
  const Outcomes& o = t.by_outcome;
  if (o.all() == 0 && c.open != 0)
    return plural(c.open, "open connection", "open connections") + ", none has ended.";
  if (o.all() == 0) return "No TCP connections.";
  std::string text = plural(o.all(), "connection", "connections");
  if (o.decided() != 0)
    text += fmt::format(", {} of attempts established", percent_of(o.established(), o.decided()));
  std::string bytes;
  if (c.knows("orig_bytes")) bytes = binary_size(t.orig_bytes) + " sent";
  if (c.knows("resp_bytes"))
    bytes += fmt::format("{}{} received", bytes.empty() ? "" : ", ", binary_size(t.resp_bytes));
  if (!bytes.empty()) text += "; " + bytes;
  if (t.syn_retries != 0) text += "; " + plural(t.syn_retries, "SYN retry", "SYN retries");
  if (t.evicted != 0) text += "; " + with_separators(t.evicted) + " evicted";
  return text + ".";
}

void clear_byte_counts(Document& document) {
  constexpr std::array<std::string_view, 5> kKeys{"bytes", "bytes_sent", "bytes_received",
                                                  "orig_bytes", "resp_bytes"};
  for (Table& table : document.tables) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      if (std::find(kKeys.begin(), kKeys.end(), table.columns[c].key) == kKeys.end()) continue;
      for (auto& row : table.rows) row[c] = {};
    }
    if (table.key == "timeline")
      std::erase_if(table.rows, [](const auto& row) { return row[0].text == "bytes"; });
  }
}

}  // namespace synfin
