/// \file
/// LogFile: one connection log, opened, recognized and read record by record.
///
/// Flow: ByteInput → lines → LogParser → RecordDraft. Tested in
/// tests/unit/log/record_source_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "log/log_parser.h"
#include "synfin/capture/byte_input.h"

namespace synfin {

enum class LogRead : unsigned char {
  Record,  ///< the draft holds a record of a TCP connection
  Wait,    ///< the next record has not arrived yet, and the caller does not want to wait
  End,
};

/// Damaged lines are counted, and the rest is read. Not thread-safe.
class LogFile {
 public:
  /// A longer line is no record; it bounds the memory that a hostile input can occupy.
  static constexpr std::size_t kMaxLine = 1 << 20;

  /// Returns nothing if the input is no connection log; `input` is then unchanged.
  static std::optional<LogFile> recognize(ByteInput& input);

  /// A sentence that names the columns that `input` lacks to be a connection log; empty if it is
  /// one, or no log at all. REQUIRES: recognize() has read its first lines.
  static std::string missing_columns(const ByteInput& input);

  /// Reads the next record. `waits`: also if it has to wait for a pipe.
  LogRead next(RecordDraft& draft, bool waits);

  const LogParser& parser() const { return parser_; }
  /// True if the log does not have the column, so that what it holds is unknown. REQUIRES: next()
  /// has returned LogRead::End.
  bool lacks(std::string_view column) const;
  std::uint64_t unreadable() const { return unreadable_; }
  std::uint64_t not_tcp() const { return not_tcp_; }
  /// One sentence about lines that are no records and about the end; empty if all was read.
  std::string damage() const;
  InputSource::Progress progress() const { return input_.progress(); }
  bool is_pipe() const { return input_.is_pipe(); }
  void interrupt() noexcept { input_.interrupt(); }

 private:
  LogFile(ByteInput input, LogParser parser)
      : input_(std::move(input)), parser_(std::move(parser)) {}

  bool take_line(std::string_view& line, bool waits);
  void count_unreadable();
  void note_counts(const RecordDraft& draft);

  ByteInput input_;
  LogParser parser_;
  std::size_t taken_ = 0;     ///< bytes of the window that the line before occupies
  std::size_t searched_ = 0;  ///< bytes behind it that hold no line end
  bool ended_ = false;
  bool skipping_ = false;  ///< the rest of a line that is too long
  std::uint64_t lines_ = 0;
  std::uint64_t unreadable_ = 0;
  std::uint64_t first_unreadable_ = 0;  ///< its number
  std::uint64_t not_tcp_ = 0;
  UnknownCounts unknown_ = UnknownCounts::all();  ///< in all records that lasted
  bool any_lasted_ = false;                       ///< a record has a duration
};

}  // namespace synfin
