/// \file
/// LogWriter: the connection log, one line for each connection that has ended or that is still open
/// when the input ends.
///
/// Every format has the same schema, in this order:
/// ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes
/// conn_state local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts
/// resp_ip_bytes tunnel_parents ip_proto outcome community_id synack_rtt ack_rtt syn_retries
/// closed_by bytes_basis direction_basis rst_basis port_name vlan tunnel orig_name resp_name
/// orig_cc resp_cc orig_asn resp_asn orig_as_org resp_as_org orig_pid orig_user orig_exe resp_pid
/// resp_user resp_exe process_basis evicted out_of_window
///
/// src/log/columns.h defines the schema; enrich/identifiers.h defines `uid` and `community_id`.
///
/// To add a format, add a line to SYNFIN_LOG_FORMATS and a file to src/log that defines
/// make_log_writer<LogFormat::X>() for it (see src/log/csv_log.cc).
/// Tested in tests/unit/log/log_writer_test.cc.
#pragma once

#include <memory>
#include <string>

#include "synfin/base/result.h"
#include "synfin/enrich/annotations.h"
#include "synfin/track/connection.h"

/// The formats: enumerator of LogFormat, name for --log-format. The first is the default.
#define SYNFIN_LOG_FORMATS(X) \
  X(Zeek, "zeek")             \
  X(Json, "json")             \
  X(Csv, "csv")               \
  /* a new format is a line above this one */

namespace synfin {

#define SYNFIN_ENUMERATOR(value, name) value,
enum class LogFormat : unsigned char { SYNFIN_LOG_FORMATS(SYNFIN_ENUMERATOR) };
#undef SYNFIN_ENUMERATOR

/// Formats records as text; the caller writes the text. Not thread-safe.
class LogWriter {
 public:
  static std::unique_ptr<LogWriter> make(LogFormat format);
  virtual ~LogWriter() = default;

  /// Appends the header of a file. `opened` is wall-clock time for Zeek's #open line.
  virtual void begin(std::string& out, Timestamp opened) = 0;
  /// Appends one line.
  virtual void append(std::string& out, const ConnectionRecord& record,
                      const Annotations& about) = 0;
  /// Appends the footer of a file. `closed` is wall-clock time.
  virtual void end(std::string& out, Timestamp closed) = 0;
};

}  // namespace synfin
