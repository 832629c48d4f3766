/// \file
/// ByteInput: the decompressed bytes of a file, a pipe or standard input, whose first bytes are
/// read before its format is known.
///
/// Flow: read(2) → [decompress, on a second thread] → a window of contiguous bytes.
/// A capture is opened from it by open_savefile(); a connection log is read line by line.
/// Tested in tests/unit/capture/byte_input_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "synfin/base/input_source.h"
#include "synfin/base/result.h"
#include "synfin/capture/savefile.h"

namespace synfin {

struct ByteInputParts;

/// Not thread-safe, except for interrupt().
class ByteInput {
 public:
  /// Opens `path`, or standard input for "-", and reads its first bytes, for which it may wait on a
  /// pipe. The content decides whether it is decompressed. Fails with a sentence that names the
  /// path.
  static Result<ByteInput> open(const std::string& path, const SavefileOptions& options = {});
  /// Bytes in memory, which must outlive the input; sentences contain `name` as the path.
  static Result<ByteInput> of_bytes(std::span<const std::uint8_t> bytes, const std::string& name,
                                    const SavefileOptions& options = {});

  ~ByteInput();
  ByteInput(ByteInput&&) noexcept;
  ByteInput& operator=(ByteInput&&) noexcept;

  /// Every sentence about the input begins with it.
  const std::string& name() const;

  /// The bytes that were read but not consumed; valid until the next fill().
  std::string_view window() const;
  /// REQUIRES: count <= window().size().
  void consume(std::size_t count);
  /// Appends the bytes of one read to the window, for which it may wait on a pipe. Returns false if
  /// the input has ended.
  bool fill();

  /// True if the bytes come from a pipe, so that fill() may wait.
  bool is_pipe() const { return progress().total == 0; }
  /// After the end: a clause about why the input is incomplete; empty if it is complete.
  const std::string& failure() const;
  InputSource::Progress progress() const;
  void interrupt() noexcept;

 private:
  friend Result<std::unique_ptr<PacketSource>> open_savefile(ByteInput input,
                                                             const SavefileOptions& options);
  explicit ByteInput(std::unique_ptr<ByteInputParts> parts);
  static Result<ByteInput> begin(std::unique_ptr<ByteInputParts> parts,
                                 const SavefileOptions& options);
  std::unique_ptr<ByteInputParts> parts_;
};

/// One sentence about the `count` of `all` inputs that failed with ErrorKind::DescriptorLimit.
std::string not_opened_text(std::size_t count, std::size_t all);

/// Continues as a capture. REQUIRES: nothing was consumed.
Result<std::unique_ptr<PacketSource>> open_savefile(ByteInput input,
                                                    const SavefileOptions& options = {});

}  // namespace synfin
