/// \file
/// LineReader: the lines of a filter file, with a limit of their length, because a wrong path may
/// name an endless device. Tested in tests/unit/filter/line_reader_test.cc.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/descriptor.h"

namespace synfin {

class LineReader {
 public:
  /// No usable line is longer.
  static constexpr std::size_t kMaxLine = 64 * 1024;

  /// Opens the file as open_input() does.
  explicit LineReader(const std::string& path);

  /// Reads the next line, without its end. Returns false at the end of the file, after a failed
  /// read and at a line that is too long. The text is valid until the next call.
  bool next(std::string_view& line);
  /// The number of the latest line, from 1.
  std::size_t number() const { return number_; }
  /// The error number of a file that cannot be opened or read, or 0.
  int error() const { return error_; }
  /// True if the latest line is too long.
  bool too_long() const { return too_long_; }

 private:
  bool read_more();

  Descriptor file_;
  std::vector<char> buffer_;
  std::string_view unread_;  ///< a part of the buffer
  std::size_t number_ = 0;
  int error_ = 0;
  bool too_long_ = false;
};

}  // namespace synfin
