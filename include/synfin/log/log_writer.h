/// \file
/// LogWriter: the connection log, one line for each connection that has ended or that is still open
/// when the input ends.
///
/// Every format has the same schema. src/log/columns.h defines it, and synfin-records(7) describes
/// each column. enrich/identifiers.h defines `uid` and `community_id`.
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
