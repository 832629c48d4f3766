/// \file
/// The columns of a connection log as they are read: the counterpart of columns.h, which writes
/// them. Zeek's logs have the columns up to ip_proto.
///
/// A reader finds the number of each column once per file and calls set_column() for each value.
/// Tested in tests/unit/log/record_columns_test.cc, which also compares both files column by
/// column.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "synfin/enrich/annotations.h"
#include "synfin/track/connection.h"

namespace synfin {

/// A record while its columns are read.
struct RecordDraft {
  ConnectionRecord record;
  Duration duration{};
  bool has_time = false, has_orig = false, has_resp = false;
  bool has_state = false;
  bool has_bytes = false;    ///< a byte count is set
  bool has_outcome = false;  ///< the log is synfin's own
  bool has_retries = false;  ///< and so were the packets behind it
  bool is_tcp = true;
  /// Names, countries, networks and processes as the log escapes them; valid as long as the line.
  EndpointAnnotations orig, resp;
  std::string_view process_basis;  ///< in static memory

  RecordDraft() { record.unknown = UnknownCounts::all(); }
  void clear() { *this = RecordDraft{}; }
};

/// The index of a column that is read, or of one whose value follows from others and is skipped.
using RecordColumn = std::uint8_t;
inline constexpr RecordColumn kSkippedColumn = 0xFF;

/// The column `name`; kSkippedColumn for one that nothing reads.
RecordColumn find_record_column(std::string_view name);
/// True if the writer derives the column from others, so that no reader needs it: uid,
/// community_id, port_name, …
bool is_derived_column(std::string_view name);
/// The columns that make a log a connection log: times, both ends and a state.
inline constexpr std::string_view kRequiredColumns[] = {
    "ts", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "conn_state"};
/// The columns that are unknown in a log without them, though reports or events have them.
struct KnownColumns {
  /// True if all of kRequiredColumns are known.
  bool is_connection_log() const;
  void add(RecordColumn column) { bits |= std::uint64_t{1} << column; }
  bool has(std::string_view name) const;
  std::uint64_t bits = 0;
};
/// The names of the columns whose absence a report mentions.
inline constexpr std::string_view kReportedColumns[] = {
    "duration",   "orig_bytes",  "resp_bytes",   "history",       "orig_pkts", "resp_pkts",
    "synack_rtt", "syn_retries", "missed_bytes", "out_of_window", "cause"};

/// Stores the value of a column. Returns false if `text` is no value of its type.
/// REQUIRES: `text` is set (not "-") and its escapes are as the log has them.
bool set_column(RecordDraft& draft, RecordColumn column, std::string_view text);

/// Completes the record after the last column. Returns false if the line is no record: a time, an
/// end or the state is missing. Without an outcome of its own, the record gets the one that
/// conn_state and history prove.
bool complete(RecordDraft& draft);

}  // namespace synfin
