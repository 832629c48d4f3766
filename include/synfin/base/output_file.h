/// \file
/// OutputFile: one buffered output, a file or stdout. It reports its first failure and then counts
/// what it loses.
///
/// Files may contain secrets, so they are created with mode 0600, and root does not follow symbolic
/// links (/dev/stdout and /dev/fd/63 name a descriptor of this process and are followed). A reader
/// that closes its end is an ordinary error; REQUIRES: the process ignores SIGPIPE. Tested in
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
  /// Flushes and closes. A failure at this point is lost; call close() to see it.
  ~OutputFile();

  /// Append text here, then call commit(). Writers format in place.
  std::string& buffer() { return buffer_; }

  /// Ends one piece of output. Writes the buffer if it has grown past its threshold, or at once if
  /// the output is line buffered. Returns false once the output has failed; later text is discarded
  /// and counted.
  bool commit();

  /// Writes the buffer. Returns false once the output has failed.
  bool flush();

  /// If `on`, every commit() writes (`-l`). A terminal is line buffered from the start.
  void set_line_buffered(bool on) { line_buffered_ = on; }

  /// Changes the owner of the file, if it is a regular file of the caller with a single name.
  void give_to(unsigned uid, unsigned gid) const;

  /// True while path() names the open file, that is, until somebody renames or removes it.
  bool is_in_place() const;

  /// Discards the buffer and everything written so far, if this is a regular file.
  void rewind();

  /// Flushes and closes. Fails with the first error of this output, on every call.
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
