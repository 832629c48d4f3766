/// \file
/// OutputFile: one buffered output, a file or stdout, that fails once and quietly thereafter.
///
/// Files may tell secrets: created with mode 0600, and as root a symbolic link is not followed (a
/// descriptor of our own, as /dev/stdout or /dev/fd/63, is no such link). A reader that goes away
/// is an error like another one: REQUIRES that the process ignores SIGPIPE. Tested in
/// tests/unit/base/output_file_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "synfin/base/result.h"

namespace synfin {

/// Not thread-safe. Owns its descriptor (stdout is never closed).
class OutputFile {
 public:
  /// Opens `path` for writing, truncated; "-" is stdout. Fails with a sentence naming path and
  /// reason.
  static Result<OutputFile> open(const std::string& path);

  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) noexcept;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  /// Flushes; a failure then is lost, so call close() where it matters.
  ~OutputFile();

  /// The buffer: append text here, then call commit(). Lends one string, so that writers format in
  /// place.
  std::string& buffer() { return buffer_; }

  /// Ends a piece of output: writes the buffer out once it has grown past its threshold, at once
  /// when this is a terminal or line buffered. False once the output has failed; what is appended
  /// from then on is thrown away and counted.
  bool commit();

  /// Writes out what is buffered. False once the output has failed.
  bool flush();

  /// Every commit() writes out (`-l`). Set from the start for a terminal.
  void set_line_buffered(bool on) { line_buffered_ = on; }

  /// Makes a user own the file, where it is a regular one of the caller's that has no other name.
  void give_to(unsigned uid, unsigned gid) const;

  /// True while path() still leads to the file that is open: nobody has moved it away.
  bool is_in_place() const;

  /// Begins again, where this is a regular file: what was written is thrown away.
  void rewind();

  /// Flushes and closes. Fails with the first error that this output met. Later calls say the same
  /// again.
  Status close();

  /// Set at the first failure ("cannot write conn.log: No space left on device"), empty before.
  const std::string& failure() const { return failure_; }
  /// Bytes that were not written because of it.
  std::uint64_t lost_bytes() const { return lost_; }
  /// Bytes written to the descriptor.
  std::uint64_t written() const { return written_; }
  const std::string& path() const { return path_; }
  bool is_terminal() const;

 private:
  static constexpr std::size_t kThreshold = 256 * 1024;

  OutputFile(std::string path, int descriptor);
  bool owns_descriptor() const;
  void fail(int error);

  std::string path_;
  std::string buffer_;
  std::string failure_;
  std::uint64_t written_ = 0;
  std::uint64_t lost_ = 0;
  int descriptor_ = -1;
  bool line_buffered_ = false;
};

}  // namespace synfin
