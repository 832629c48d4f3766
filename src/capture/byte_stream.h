/// \file
/// ByteStream: the bytes of a capture, before they are parsed. They come from a file, a pipe or
/// memory, or are decompressed from another stream (decompress.h), possibly on a thread of its own
/// (read_ahead.h).
///
/// The virtual functions are called once per chunk, so their cost is negligible.
/// Tested in tests/unit/capture/byte_stream_test.cc.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "synfin/base/result.h"

namespace synfin {

/// The longest time that a read waits for a pipe. The caller has periodic work of its own, such as
/// flushing its outputs.
inline constexpr std::chrono::milliseconds kMaxInputWait{250};

enum class ReadState : std::uint8_t {
  Data,   ///< at least one byte was read
  Pause,  ///< no data within kMaxInputWait, or a signal ended the wait; more data may follow
  End,    ///< no more data; failure() is set if the input was incomplete
};

struct ReadResult {
  std::size_t size = 0;  ///< 0 unless `state` is Data
  ReadState state = ReadState::End;
};

/// Not thread-safe, except for interrupt(), consumed() and total().
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  /// Reads once into the front of `into`. It waits for the first byte, from a pipe at most
  /// kMaxInputWait, but not until `into` is full.
  /// REQUIRES: !into.empty().
  virtual ReadResult read(std::span<std::uint8_t> into) = 0;

  /// After End: the reason why the input is incomplete, as a clause ("reading fails at byte 17:
  /// …"); empty if it is complete.
  virtual const std::string& failure() const = 0;

  /// Bytes read from the file so far, and its size (0 if unknown).
  virtual std::uint64_t consumed() const = 0;
  virtual std::uint64_t total() const = 0;

  /// Makes the current read, if it waits, and every later one return End without failure. Safe in a
  /// signal handler.
  virtual void interrupt() noexcept = 0;
};

/// A file, a pipe or standard input, read with read(2).
class FileStream final : public ByteStream {
 public:
  /// Opens `path`, or standard input for "-". Fails with a sentence that begins with the path.
  static Result<std::unique_ptr<FileStream>> open(const std::string& path);

  ~FileStream() override;
  FileStream(const FileStream&) = delete;
  FileStream& operator=(const FileStream&) = delete;

  ReadResult read(std::span<std::uint8_t> into) override;
  const std::string& failure() const override { return failure_; }
  std::uint64_t consumed() const override { return consumed_.load(std::memory_order_relaxed); }
  std::uint64_t total() const override { return total_; }
  void interrupt() noexcept override;

  /// True for a regular file; false for pipes, terminals and devices, which cannot be reopened.
  bool regular() const { return regular_; }

 private:
  FileStream(int fd, bool owned) : fd_(fd), owned_(owned) {}
  Status inspect(const std::string& name);
  bool wait();

  int fd_;
  int wake_fd_ = -1;  ///< eventfd that ends a wait; -1 for regular files, which never wait
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

/// The name of `path` in messages: "standard input" for "-", otherwise `path` itself.
std::string input_name(const std::string& path);

}  // namespace synfin
