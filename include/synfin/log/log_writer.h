/// \file
/// LogWriter: the connection log, one line per finished (or still open) connection.
///
/// The schema is the same in every format, in this order:
/// ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes
/// conn_state local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts
/// resp_ip_bytes tunnel_parents ip_proto outcome community_id synack_rtt ack_rtt syn_retries
/// closed_by bytes_basis direction_basis rst_basis port_name vlan tunnel orig_name resp_name
/// orig_cc resp_cc orig_asn resp_asn orig_as_org resp_as_org orig_pid orig_user orig_exe resp_pid
/// resp_user resp_exe process_basis evicted
/// (log/columns.h holds it). `uid` and `community_id` are those of enrich/identifiers.h.
/// Tested in tests/unit/log/log_writer_test.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "synfin/base/result.h"
#include "synfin/enrich/annotations.h"
#include "synfin/track/connection.h"

namespace synfin {

enum class LogFormat : unsigned char { Zeek, Json, Csv };

/// "zeek", "json", "csv".
std::optional<LogFormat> parse_log_format(std::string_view text);

/// Formats records as text; where the text goes is the caller's business. Not thread-safe.
class LogWriter {
 public:
  static std::unique_ptr<LogWriter> make(LogFormat format);
  virtual ~LogWriter() = default;

  /// Appends what stands before the first record. `opened` is wall-clock time for Zeek's #open
  /// line.
  virtual void begin(std::string& out, Timestamp opened) = 0;
  virtual void append(std::string& out, const ConnectionRecord& record,
                      const Annotations& about) = 0;
  /// Appends what stands after the last one.
  virtual void end(std::string& out, Timestamp closed) = 0;
};

}  // namespace synfin
