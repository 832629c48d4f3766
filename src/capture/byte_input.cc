// See byte_input.h.
#include "synfin/capture/byte_input.h"

#include <fmt/format.h>

#include <cassert>
#include <utility>

#include "capture/byte_input_parts.h"
#include "capture/decompress.h"
#include "capture/read_ahead.h"

namespace synfin {
namespace {

/// The bytes that show how an input is compressed.
constexpr std::size_t kMagicSize = 4;

}  // namespace

bool ByteInputParts::fill_to(std::size_t size) {
  while (buffer.size() < size) {
    if (buffer.fill(*stream) == ReadState::End) return false;
  }
  return true;
}

ByteInput::ByteInput(std::unique_ptr<ByteInputParts> parts) : parts_(std::move(parts)) {}
ByteInput::~ByteInput() = default;
ByteInput::ByteInput(ByteInput&&) noexcept = default;
ByteInput& ByteInput::operator=(ByteInput&&) noexcept = default;

/// Puts a decompressor between the stream and the buffer, if the input is compressed.
Result<ByteInput> ByteInput::begin(std::unique_ptr<ByteInputParts> parts,
                                   const SavefileOptions& options) {
  parts->fill_to(kMagicSize);
  const std::span head(parts->buffer.begin(), parts->buffer.end());
  if (const Compression compression = compression_of(head); compression != Compression::None) {
    parts->stream = decompress(compression, std::move(parts->stream), head);
    if (options.second_thread)
      parts->stream = std::make_unique<ReadAhead>(std::move(parts->stream), options.chunk_size);
    parts->buffer.clear();
    parts->decompressed = true;
    parts->fill_to(kMagicSize);
  }
  return ByteInput(std::move(parts));
}

Result<ByteInput> ByteInput::open(const std::string& path, const SavefileOptions& options) {
  Result<std::unique_ptr<FileStream>> file = FileStream::open(path);
  if (!file) return file.error();
  return begin(
      std::make_unique<ByteInputParts>(input_name(path), std::move(*file), options.chunk_size),
      options);
}

Result<ByteInput> ByteInput::of_bytes(std::span<const std::uint8_t> bytes, const std::string& name,
                                      const SavefileOptions& options) {
  return begin(std::make_unique<ByteInputParts>(name, std::make_unique<MemoryStream>(bytes),
                                                options.chunk_size),
               options);
}

const std::string& ByteInput::name() const { return parts_->name; }

std::string_view ByteInput::window() const {
  return {reinterpret_cast<const char*>(parts_->buffer.begin()), parts_->buffer.size()};
}

void ByteInput::consume(std::size_t count) {
  assert(count <= parts_->buffer.size());
  parts_->buffer.consume(count);
}

bool ByteInput::fill() {
  ReadState state = ReadState::Pause;
  while (state == ReadState::Pause) state = parts_->buffer.fill(*parts_->stream);
  return state == ReadState::Data;
}

const std::string& ByteInput::failure() const { return parts_->stream->failure(); }

InputSource::Progress ByteInput::progress() const {
  return {parts_->stream->consumed(), parts_->stream->total()};
}

void ByteInput::interrupt() noexcept { parts_->stream->interrupt(); }

std::string not_opened_text(std::size_t count, std::size_t all) {
  return fmt::format(
      "{} of {} files were not read, because too many have to be open at the same time: raise the "
      "limit with `ulimit -n`, or read fewer files in one run",
      count, all);
}

}  // namespace synfin
