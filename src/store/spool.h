/// \file
/// The spool: batches on disk that the store does not have yet. One process writes them, and
/// another one sends and deletes them.
///
///     StoreSink ─→ SpoolWriter ─→ FOLDER/00000000000000000042.connections ─→ Delivery
///
/// Each file is a batch of one table and one day: a header (SpoolHeader) and compressed blocks. A
/// file gets its name when it is complete, so a killed process leaves no partial batch. Files are
/// not synced to the disk: a power failure may lose or damage the batches of the last half minute,
/// and a checksum detects the damage. `stream` is a random number that identifies a run's batches
/// in the store. The number of a batch is greater than those of all batches in the spool. Tested in
/// tests/unit/store/spool_test.cc, by tests/fuzz/spool_fuzz.cc and, with kills, in tests/store/.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/row_buffer.h"
#include "store/tables.h"
#include "synfin/base/address.h"
#include "synfin/base/descriptor.h"
#include "synfin/base/result.h"

namespace synfin {

/// What identifies a batch, and the key of its first row, with which a query finds it in the store.
struct SpoolHeader {
  StoreTable table = StoreTable::Connections;
  std::uint16_t day = 0;
  std::uint32_t stream = 0;
  std::uint64_t batch = 0;
  std::uint32_t rows = 0;
  // Of the first row of `connections`: its key there. The aggregates have parts of it.
  std::int64_t ts = 0;
  std::uint16_t resp_p = 0;
  Address resp_h;
};

/// The name of a file in the spool.
struct SpoolFile {
  std::uint64_t batch = 0;
  std::string name;  ///< without the folder
  std::uint64_t bytes = 0;
};

/// The batches in `folder`, oldest first. Fails if it cannot be read.
Result<std::vector<SpoolFile>> list_spool(const std::string& folder);

/// A batch in the spool that is being read. What is in its file is not trusted.
class SpoolFileReader {
 public:
  /// Reads the header. Fails if the file is damaged or cannot be read.
  static Result<SpoolFileReader> open(const std::string& folder, const SpoolFile& file);

  const SpoolHeader& header() const { return header_; }
  /// The size of the compressed blocks in bytes.
  std::size_t size() const { return size_; }
  /// Appends the compressed blocks. If it fails, because they are damaged, `blocks` is unchanged.
  Status append_blocks(RowBuffer& blocks);

 private:
  SpoolFileReader() = default;

  std::string path_;
  std::shared_ptr<const Descriptor> file_;
  SpoolHeader header_;
  std::size_t begin_ = 0, size_ = 0;  ///< where the blocks are in the file
  std::uint64_t sum_ = 0;             ///< their checksum
};

/// Removes a batch that the store has. The file may be kept under another name, for the next batch.
void remove_spool_file(const std::string& folder, const SpoolFile& file);

/// Fails if not all bytes of the file can be read. If they can, and SpoolFileReader fails, the
/// batch is damaged.
Status check_readable(const std::string& folder, const SpoolFile& file);

/// Writes a note, a small file that another process may read at any time: FOLDER/NAME gets
/// `content` as a whole or not at all. Fails if `content` has kMaxNote bytes or more.
Status write_note(const std::string& folder, const std::string& name, std::string_view content);
constexpr std::size_t kMaxNote = 128;
/// The content of a note, padded with blanks and a newline; unset if it does not exist or cannot be
/// read.
std::optional<std::string> read_note(const std::string& folder, const std::string& name);

/// Creates the folder and its parents for a user. Fails if the folder exists and belongs to another
/// user.
Status make_spool_folder(const std::string& folder, std::uint32_t uid, std::uint32_t gid);

/// Writes batches to a spool. One thread calls begin_batch(), and one thread all other functions.
class SpoolWriter {
 public:
  /// Locks the folder, so that no other run writes to it. `max_bytes` bounds the files in it.
  static Result<std::unique_ptr<SpoolWriter>> open(const std::string& folder,
                                                   std::uint64_t max_bytes);

  /// The number of a new batch. REQUIRES: batches of the same table and day are written in the
  /// order of their numbers.
  std::uint64_t begin_batch() { return next_++; }
  /// Writes a batch with the stream of this writer. Returns false if the spool is full. Fails if
  /// the file cannot be written; the next batch may succeed.
  Result<bool> write(SpoolHeader header, std::string_view blocks);

  std::uint32_t stream() const { return stream_; }
  std::uint64_t bytes() const { return bytes_; }
  /// True if a process sends the spool now.
  bool has_sender() const;
  /// Reads the sizes of the files again, because the sender may have deleted some. That takes
  /// microseconds for each file. So with more than kMaxFilesAlways files, it does nothing unless
  /// kRestForFile for each of them, or kMaxRest, has passed since the last time.
  void measure_if_due(std::chrono::steady_clock::time_point now);
  static constexpr std::size_t kMaxFilesAlways = 500;
  static constexpr std::chrono::microseconds kRestForFile{200};
  static constexpr std::chrono::minutes kMaxRest{1};

 private:
  SpoolWriter(std::string folder, std::uint64_t max_bytes, int lock);

  void set_measured(const std::vector<SpoolFile>& files, std::chrono::steady_clock::time_point now);
  Status write_file(const std::string& name, std::string_view header, std::string_view blocks);

  std::string folder_;
  std::uint64_t max_bytes_;
  Descriptor lock_;
  std::uint32_t stream_ = 0;
  std::uint64_t next_ = 1;
  std::uint64_t bytes_ = 0;  ///< in the folder at `measured_`, and written since
  std::size_t files_ = 0;    ///< the same as a number of files
  std::chrono::steady_clock::time_point measured_{};
};

/// Held by the process that sends a spool. The one of a run that was killed may end a moment after
/// that run, when the next run has begun.
class SpoolSenderLock {
 public:
  explicit SpoolSenderLock(const std::string& folder);
  /// Returns false if another process sends the spool now. Does not wait.
  bool take();

 private:
  Descriptor file_;
};

}  // namespace synfin
