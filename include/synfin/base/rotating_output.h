/// \file
/// RotatingOutput: an output that continues in another file by size (-C), by time (-G) and on
/// request (SIGHUP).
///
/// Nothing is lost and nothing is overwritten: the next file is opened before the current one is
/// closed; if that fails, the current one stays in use and the rotation is tried again later; a
/// name that exists gets a number, unless -W asks for a ring of files. While the disk is full, up
/// to 1 MiB is kept and written later. A file that somebody has removed is reported as lost, unless
/// reopen() began another one. In all else, names and counts are those of tcpdump, except
/// that a period ends by time and not with the first packet after it, and that periods do not
/// drift. Tested in tests/unit/base/rotating_output_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <functional>
#include <optional>
#include <string>

#include "synfin/base/disk_sync.h"
#include "synfin/base/output_file.h"
#include "synfin/base/result.h"

namespace synfin {

struct RotationRules {
  std::uint64_t max_bytes = 0;   ///< -C; 0: no limit
  std::time_t seconds = 0;       ///< -G; 0: no limit
  unsigned max_files = 0;        ///< -W; 0: no limit
  bool by_capture_time = false;  ///< -G counts the time of the pieces, not that of the clock

  bool any() const { return max_bytes != 0 || seconds != 0; }
};

/// The names of successive files. By size: "flows", "flows1", "flows2"; with -W 10 "flows0" to
/// "flows9" in a ring. By time: the pattern filled in by strftime(3), or, if it has no conversion,
/// "flows" followed by "flows-20260301-143016".
class FileNames {
 public:
  FileNames(std::string pattern, RotationRules rules);

  std::string first(std::time_t now);
  std::string next_by_size();
  /// Returns an empty text if -W allows no further file.
  std::string next_by_time(std::time_t now);
  /// True if the pattern contains a time.
  bool has_time() const;
  const RotationRules& rules() const { return rules_; }
  /// True if a file may take the place of an older one with the same name: in a ring of -C and -W.
  bool may_overwrite() const { return rules_.max_bytes != 0 && rules_.max_files != 0; }

 private:
  std::string numbered() const;

  std::string pattern_;
  RotationRules rules_;
  std::string filled_;  ///< the pattern with its time
  unsigned by_size_ = 0;
  unsigned by_time_ = 0;
};

/// Why the pattern of -G cannot name files ("ends in the middle of a conversion"); empty if it can.
std::string fault_of_time_pattern(const std::string& pattern);

/// Not thread-safe.
class RotatingOutput {
 public:
  /// Text at the beginning and the end of each file.
  struct Frame {
    std::function<void(std::string&)> begin;
    std::function<void(std::string&)> end;
    bool has_lines = true;
  };
  /// Returns seconds.
  using Clock = std::function<std::time_t()>;
  static std::time_t steady_seconds();

  /// "-" is stdout. An own descriptor (see is_own_descriptor()) is neither rotated nor reopened.
  /// Pipes and devices are not rotated. With rules, an existing file that is not empty is left
  /// alone unless -W asks for a ring of files. `clock` counts from the epoch; `steady` is never
  /// set, and says when a failed operation is tried again.
  static Result<RotatingOutput> open(
      const std::string& path, RotationRules rules, Frame frame,
      Clock clock = [] { return std::time(nullptr); }, Clock steady = steady_seconds);

  /// Append one piece here, then call commit().
  std::string& buffer() { return file_.buffer(); }
  /// Ends the file and opens the next one if its period has ended. Call it before each piece, and
  /// from time to time while there is none. `piece`: the time of the next piece, or 0 without one;
  /// used only by RotationRules::by_capture_time. The first such time also names the first file.
  void advance(std::time_t piece = 0);
  /// Ends a piece. If the file has reached its size, ends it and opens the next one.
  void commit();
  /// See OutputFile::keep_piece().
  void keep_piece() { file_.keep_piece(); }
  void flush();
  /// Continues in a new file with the same name, if somebody has moved the current one (logrotate).
  /// Otherwise only flushes.
  void reopen();
  /// Ends the file. Fails if text was lost since the start. Logs a failure that nobody has taken.
  Status close();

  void set_line_buffered(bool on);

  /// Returns why a write or rotation failed, once for each failure.
  std::optional<Error> take_failure();
  /// True once -G has filled as many files as -W allows. The run then ends.
  bool limit_reached() const { return state_.limit_reached; }
  const std::string& path() const { return path_; }
  bool is_regular() const { return path_ != "-"; }

 private:
  /// A rotation that is due.
  enum class Due : unsigned char { BySize, ByTime, Reopen };
  /// When a failed operation is tried again.
  struct Backoff {
    std::time_t next = 0;   ///< of the steady clock
    std::time_t delay = 0;  ///< 0: the last attempt succeeded
  };

  struct State {
    bool line_buffered = false;
    bool reopen_wanted = false;
    bool write_failed = false;  ///< the failure is reported
    bool limit_reached = false;
    bool has_period = false;  ///< `since` is known
    std::time_t since = 0;    ///< the beginning of the current period
    std::time_t time = 0;     ///< the latest time of advance()
    std::uint64_t lost = 0;   ///< bytes that closed files have lost
    std::string first_loss;   ///< the reason of the first loss
  };

  RotatingOutput(std::string path, FileNames names, Frame frame, OutputFile file);

  void begin_file();
  void rotate(Due due);
  void begin_first_period();
  std::time_t whole_periods(std::time_t passed) const;
  void retry_write();
  bool must_wait() const;
  Result<OutputFile> open_next(const std::string& name, Due due);
  void succeed(OutputFile next, Due due);
  Status end_file(bool may_be_removed);
  void postpone();

  std::string path_;
  FileNames names_;
  RotationRules rules_;
  Frame frame_;
  Clock clock_;
  Clock steady_;
  OutputFile file_;
  Backoff backoff_;
  std::optional<Error> failure_;  ///< not reported yet
  State state_;
  DiskSync disk_;  ///< of ended files
};

}  // namespace synfin
