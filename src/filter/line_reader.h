/// \file
/// LineReader: the lines of a filter file, with a limit of their length, because a wrong path may
/// name an endless device. Tested in tests/unit/filter/line_reader_test.cc.
#pragma once

#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace synfin {

class LineReader {
 public:
  /// No usable line is longer.
  static constexpr std::size_t kMaxLine = 64 * 1024;

  explicit LineReader(const std::string& path)
      : file_(path, std::ios::binary), buffer_(kMaxLine + 2) {}

  bool is_open() const { return file_.is_open(); }
  /// Reads the next line, without its end. Returns false at the end of the file, after a failed
  /// read and at a line that is too long. The text is valid until the next call.
  bool next(std::string_view& line);
  /// The number of the latest line, from 1.
  std::size_t number() const { return number_; }
  /// True if the latest line is too long.
  bool too_long() const { return too_long_; }

 private:
  std::ifstream file_;
  std::vector<char> buffer_;
  std::size_t number_ = 0;
  bool too_long_ = false;
};

}  // namespace synfin
