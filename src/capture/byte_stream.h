/// \file
/// ByteStream: the bytes of a capture before anyone knows what they mean. From a file, a pipe,
/// memory, or decompressed from another stream (decompress.h), perhaps on a thread of its own
/// (read_ahead.h).
///
/// Called once per chunk, so a virtual call costs nothing here.
/// Tested in tests/unit/capture/byte_stream_test.cc.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "synfin/base/result.h"

namespace synfin {

enum class ReadState : std::uint8_t {
  Data,   ///< at least one byte came
  Pause,  ///< a signal came before any byte did; more may follow
  End,    ///< nothing more will come; failure() tells whether it should have
};

struct ReadResult {
  std::size_t size = 0;  ///< 0 unless `state` is Data
  ReadState state = ReadState::End;
};

/// Not thread-safe, but for interrupt(), consumed() and total().
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  /// Puts what one read gives to the front of `into`; waits for the first byte only, never to fill
  /// it. REQUIRES: !into.empty().
  virtual ReadResult read(std::span<std::uint8_t> into) = 0;

  /// After End: what cut the input short, as a clause for a sentence ("reading fails at byte 17:
  /// …"). Else empty.
  virtual const std::string& failure() const = 0;

  /// Bytes taken from disk so far, and how many there are in all (0 = not known).
  virtual std::uint64_t consumed() const = 0;
  virtual std::uint64_t total() const = 0;

  /// Makes a read that waits, and every later one, give End without failure. Safe in a signal
  /// handler.
  virtual void interrupt() noexcept = 0;
};

/// A file, a pipe or standard input, read with read(2).
class FileStream final : public ByteStream {
 public:
  /// "-" is standard input. Fails with a sentence that begins with the path.
  static Result<std::unique_ptr<FileStream>> open(const std::string& path);

  ~FileStream() override;
  FileStream(const FileStream&) = delete;
  FileStream& operator=(const FileStream&) = delete;

  ReadResult read(std::span<std::uint8_t> into) override;
  const std::string& failure() const override { return failure_; }
  std::uint64_t consumed() const override { return consumed_.load(std::memory_order_relaxed); }
  std::uint64_t total() const override { return total_; }
  void interrupt() noexcept override;

  /// True for a regular file, which can be opened again; false for pipes, terminals and devices.
  bool regular() const { return regular_; }

 private:
  FileStream(int fd, bool owned) : fd_(fd), owned_(owned) {}
  Status inspect(const std::string& name);
  bool wait();

  int fd_;
  int wake_fd_ =
      -1;  ///< an eventfd that ends a wait for a pipe; -1 for a regular file, which never waits
  bool owned_;
  bool regular_ = false;
  std::uint64_t total_ = 0;
  std::atomic<std::uint64_t> consumed_{0};
  std::atomic<bool> interrupted_{false};
  std::string failure_;
};

/// Bytes in memory, for tests and fuzzing. The bytes must outlive the stream.
class MemoryStream final : public ByteStream {
 public:
  explicit MemoryStream(std::span<const std::uint8_t> bytes) : rest_(bytes), total_(bytes.size()) {}

  ReadResult read(std::span<std::uint8_t> into) override;
  const std::string& failure() const override { return failure_; }
  std::uint64_t consumed() const override { return consumed_.load(std::memory_order_relaxed); }
  std::uint64_t total() const override { return total_; }
  void interrupt() noexcept override { interrupted_.store(true, std::memory_order_relaxed); }

 private:
  std::span<const std::uint8_t> rest_;
  std::uint64_t total_;
  std::atomic<std::uint64_t> consumed_{0};
  std::atomic<bool> interrupted_{false};
  std::string failure_;
};

/// How `path` is called in a sentence: itself, or "standard input" for "-".
std::string input_name(const std::string& path);

}  // namespace synfin
