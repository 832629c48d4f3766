/// \file
/// OutputFile: one buffered output, a file or stdout.
///
/// Files may contain secrets, so they are created with mode 0600, and root follows no links (see
/// OutputFolder; /dev/stdout and /dev/fd/63 name a descriptor of this process and are followed). A
/// reader that closes its end is an ordinary error; REQUIRES: the process ignores SIGPIPE. An
/// existing file keeps its content until the first write, and a new file to which nothing was
/// written is removed, so that a run that never starts changes nothing. A regular file is locked
/// while it is open: a second writer fails instead of mixing its lines with those of the first.
/// Tested in tests/unit/base/output_file_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "synfin/base/output_folder.h"
#include "synfin/base/result.h"

namespace synfin {

enum class OutputMode : unsigned char {
  Truncate,  ///< the first write empties an existing file, but never that of an own descriptor
  Append,    ///< writes behind the content of an existing file
  New,       ///< open() fails if the file exists
  /// Each flush() replaces the file as a whole: it writes a temporary file in the same folder and
  /// syncs and renames it, so that a reader, a full disk, a killed run or a power failure never
  /// leaves a part, and no file exists before the first. If the folder does not permit that, the
  /// file is overwritten in place, if the disk has space for it. After a flush() that succeeds,
  /// earlier failures do not count. commit() never writes. An own descriptor (see
  /// is_own_descriptor()) is not replaced: it is as with Truncate.
  Replace,
};

/// Not thread-safe. Owns its descriptor (stdout is never closed).
class OutputFile {
 public:
  /// Opens `path` for writing; "-" is stdout. `folder`, if not null, is the folder of `path`. Fails
  /// with a sentence that names path and reason.
  static Result<OutputFile> open(const std::string& path, OutputMode mode = OutputMode::Truncate,
                                 std::shared_ptr<const OutputFolder> folder = nullptr);

  /// A file that could not be opened, because of `why`: what it gets is lost, and close() fails.
  static OutputFile absent(std::string path, const Error& why);

  /// True if `path` exists. `folder` as for open().
  static bool exists(const std::string& path, const std::shared_ptr<const OutputFolder>& folder);

  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) noexcept;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  /// Flushes if anything was committed or flushed before, else discards the buffer. A failure at
  /// this point is lost; call close() to see it.
  ~OutputFile();

  /// Append text here, then call commit(). Writers format in place.
  std::string& buffer() { return buffer_; }
  /// Bytes that are written or in the buffer.
  std::uint64_t size() const { return progress_.written + buffer_.size(); }

  /// Ends one piece of output. Writes the buffer if it has grown past its threshold, or at once if
  /// the output is line buffered. Returns false while the output is failed; see keep_unwritten().
  bool commit();

  /// Ends a piece without which later ones cannot be read. It is not discarded for lack of space,
  /// so the caller must bound such pieces. REQUIRES: keep_unwritten().
  void keep_piece() { progress_.committed = buffer_.size(); }

  /// Writes the buffer. Returns false while the output is failed.
  bool flush();

  /// If `on`, every commit() writes (`-l`). A terminal is line buffered from the start.
  void set_line_buffered(bool on) { line_buffered_ = on; }

  /// From now on commit() and flush() write only what a pipe or terminal accepts without waiting;
  /// the rest stays in the buffer, which then grows. close() still waits.
  void set_never_waits() { never_waits_ = true; }
  /// A failure is final by default: later text is discarded and counted. After this call the output
  /// keeps up to 1 MiB of unwritten text instead, discards and counts pieces beyond that, and
  /// retry() tries to write again.
  void keep_unwritten() { keeps_unwritten_ = true; }
  /// Returns true if everything is written and the output works again.
  bool retry();
  /// The output has no lines, so close() on a full disk leaves all bytes that were written.
  void set_binary() { has_lines_ = false; }

  /// Lets another OutputFile open the same file, for a ring that consists of one file.
  void unlock() const;

  /// True while path() names the open file, that is, until somebody renames or removes it.
  bool is_in_place() const;

  bool is_open() const { return descriptor_ >= 0; }
  /// True if somebody has removed the regular file that is open.
  bool is_removed() const;
  /// Null for an own descriptor (see is_own_descriptor()).
  const std::shared_ptr<const OutputFolder>& folder() const { return folder_; }

  /// The descriptor, or -1 if this is no regular file.
  int regular_descriptor() const { return owns_descriptor() && is_regular() ? descriptor_ : -1; }

  /// Discards the buffer and everything written so far, if this is a regular file.
  void rewind();

  /// Flushes and closes. Fails with the first error if text was lost, on every call.
  Status close();

  /// The current failure ("cannot write conn.log: No space left on device"); empty without one.
  const std::string& failure() const { return failure_.message; }
  /// The same with its kind, which may be ReaderGone. REQUIRES: there is one.
  const Error& error() const { return failure_; }
  /// Bytes that were discarded because of a failure.
  std::uint64_t lost_bytes() const { return progress_.lost; }
  /// Bytes written to the descriptor.
  std::uint64_t written() const { return progress_.written; }
  const std::string& path() const { return path_; }
  bool is_terminal() const;

 private:
  static constexpr std::size_t kThreshold = 256 * 1024;
  static constexpr std::size_t kMaxUnwritten = 1024 * 1024;

  struct Progress {
    std::uint64_t written = 0;      ///< bytes
    std::uint64_t whole_lines = 0;  ///< bytes up to the end of the last line that was written whole
    std::uint64_t lost = 0;         ///< bytes
    std::size_t committed = 0;      ///< bytes of the buffer
    bool begun = false;             ///< something was committed or flushed
    bool created = false;           ///< open() found no such file
  };

  OutputFile(std::string path, int descriptor, OutputMode mode);
  bool owns_descriptor() const;
  bool is_regular() const;
  void begin();
  bool replace_file();
  bool overwrite_file();
  bool give_up(int error);
  void forget_failures();
  bool place_unnamed();
  bool write_buffer();
  void drop_newest_piece();
  void remove_partial_line();
  void fail(int error);

  std::string path_;
  std::shared_ptr<const OutputFolder> folder_;  ///< null for stdout and descriptors
  std::string buffer_;
  Error failure_;  ///< no message: none
  Error first_failure_;
  Progress progress_;
  int descriptor_ = -1;
  OutputMode mode_ = OutputMode::Truncate;
  bool line_buffered_ = false;
  bool keeps_unwritten_ = false;
  bool has_lines_ = true;
  bool never_waits_ = false;
};

/// True for "-" and the names of a descriptor that this process already holds: /dev/stdout,
/// /dev/fd/63. Other processes may write to its file, too.
bool is_own_descriptor(std::string_view path);

/// True if both names refer to one regular file, or will once it is created.
bool same_file(const std::string& a, const std::string& b);

}  // namespace synfin
