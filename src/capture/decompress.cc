// See decompress.h.
#include "capture/decompress.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "capture/byte_order.h"

namespace synfin {
namespace {

constexpr std::size_t kInputSize = 128 * 1024;

/// The result of one step of a codec.
struct CodecStep {
  std::size_t consumed = 0;
  std::size_t produced = 0;
  const char* error = nullptr;  ///< a static text; the bytes produced are valid even so
};

/// A decompression library as a function from bytes to bytes.
class Codec {
 public:
  virtual ~Codec() = default;
  virtual CodecStep step(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) = 0;
  /// True between two members or frames, where the input may end.
  virtual bool complete() const = 0;
  virtual const char* name() const = 0;
};

class GzipCodec final : public Codec {
 public:
  GzipCodec() {
    usable_ = inflateInit2(&z_, 15 + 16) == Z_OK;
  }  // 16: gzip's header and trailer, nothing else
  ~GzipCodec() override { inflateEnd(&z_); }

  CodecStep step(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) override {
    if (!usable_) return {0, 0, "out of memory"};
    if (in_member_) return inflate_some(in, out);
    if (in.empty()) return {};
    if (in[0] == 0) return {1, 0, nullptr};  // padding of tapes and block devices
    if (in[0] != 0x1f) return {0, 0, "followed by other data"};
    inflateReset(&z_);
    in_member_ = true;
    return inflate_some(in, out);
  }

  bool complete() const override { return !in_member_; }
  const char* name() const override { return "gzip"; }

 private:
  CodecStep inflate_some(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) {
    z_.next_in = const_cast<Bytef*>(in.data());  // zlib does not write to its input
    z_.avail_in = static_cast<uInt>(in.size());
    z_.next_out = out.data();
    z_.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size(), 1U << 30));
    const uInt room = z_.avail_out;
    const int status = inflate(&z_, Z_NO_FLUSH);
    CodecStep step{in.size() - z_.avail_in, room - z_.avail_out, nullptr};
    if (status == Z_STREAM_END) {
      in_member_ = false;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      step.error = z_.msg != nullptr ? z_.msg : zError(status);
    }
    return step;
  }

  z_stream z_{};
  bool usable_ = false;
  bool in_member_ = true;
};

class ZstdCodec final : public Codec {
 public:
  ZstdCodec() : z_(ZSTD_createDStream()) {
    if (z_ != nullptr) hint_ = ZSTD_initDStream(z_);
  }
  ~ZstdCodec() override { ZSTD_freeDStream(z_); }
  ZstdCodec(const ZstdCodec&) = delete;
  ZstdCodec& operator=(const ZstdCodec&) = delete;

  /// Feeds one block per call, and only after the previous block's output is complete. A call that
  /// fails discards its output, so a damaged block would otherwise discard the valid one before it.
  /// libzstd's hints cover a block and the header of the next one.
  CodecStep step(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) override {
    if (z_ == nullptr) return {0, 0, "out of memory"};
    if (output_pending_) {
      const CodecStep flushed = run({}, out);
      if (flushed.produced > 0 || flushed.error != nullptr) return flushed;
    }
    constexpr std::size_t kBlockHeader = 3;
    const std::size_t wanted =
        hint_ > kBlockHeader ? hint_ - kBlockHeader : std::max<std::size_t>(hint_, 1);
    return run(in.first(std::min(in.size(), wanted)), out);
  }

  bool complete() const override { return complete_; }
  const char* name() const override { return "zstd"; }

 private:
  CodecStep run(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) {
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const std::size_t status = ZSTD_decompressStream(z_, &to, &from);
    if (ZSTD_isError(status) != 0) return {from.pos, to.pos, ZSTD_getErrorName(status)};
    if (from.pos > 0 || to.pos > 0) complete_ = status == 0;
    hint_ = status;  // 0 between frames
    output_pending_ = to.pos == to.size;
    return {from.pos, to.pos, nullptr};
  }

  ZSTD_DStream* z_;
  std::size_t hint_ = 0;
  bool complete_ = false;
  bool output_pending_ = false;  ///< libzstd may have output without further input
};

class DecompressedStream final : public ByteStream {
 public:
  DecompressedStream(std::unique_ptr<Codec> codec, std::unique_ptr<ByteStream> from,
                     std::span<const std::uint8_t> head)
      : codec_(std::move(codec)),
        from_(std::move(from)),
        input_(std::max(kInputSize, head.size())) {
    std::copy(head.begin(), head.end(), input_.begin());
    rest_ = std::span(input_).first(head.size());
  }

  ReadResult read(std::span<std::uint8_t> into) override {
    while (failure_.empty()) {
      const CodecStep step = codec_->step(rest_, into);
      rest_ = rest_.subspan(step.consumed);
      if (step.error != nullptr) fail(step.error);
      if (step.produced > 0) return {step.produced, ReadState::Data};
      if (step.error != nullptr) break;
      if (step.consumed > 0) continue;
      if (const ReadState state = refill(); state != ReadState::Data) return {0, state};
    }
    return {};
  }

  const std::string& failure() const override { return failure_; }
  std::uint64_t consumed() const override { return from_->consumed(); }
  std::uint64_t total() const override { return from_->total(); }
  void interrupt() noexcept override { from_->interrupt(); }

 private:
  /// The codec's position in the compressed input.
  std::uint64_t offset() const { return from_->consumed() - rest_.size(); }

  void fail(const char* error) {
    failure_ =
        fmt::format("the {} data is damaged at byte {} ({})", codec_->name(), offset(), error);
  }

  ReadState refill() {
    const ReadResult got = from_->read(input_);
    rest_ = std::span(input_).first(got.size);
    if (got.state != ReadState::End) return got.state;
    failure_ = from_->failure();
    if (failure_.empty() && !codec_->complete()) {
      failure_ = fmt::format("the {} data is cut off at byte {}", codec_->name(), offset());
    }
    return got.state;
  }

  std::unique_ptr<Codec> codec_;
  std::unique_ptr<ByteStream> from_;
  std::vector<std::uint8_t> input_;
  std::span<const std::uint8_t> rest_;  ///< the part of input_ that the codec has not consumed
  std::string failure_;
};

}  // namespace

Compression compression_of(std::span<const std::uint8_t> head) {
  if (head.size() >= 2 && head[0] == 0x1f && head[1] == 0x8b) return Compression::Gzip;
  if (head.size() < 4) return Compression::None;
  const std::uint32_t magic = load_u32(head.data(), kLittleEndian);
  const bool skippable = (magic & 0xFFFFFFF0U) == 0x184D2A50U;
  return magic == 0xFD2FB528U || skippable ? Compression::Zstd : Compression::None;
}

std::unique_ptr<ByteStream> decompress(Compression compression, std::unique_ptr<ByteStream> from,
                                       std::span<const std::uint8_t> head) {
  std::unique_ptr<Codec> codec;
  if (compression == Compression::Gzip) codec = std::make_unique<GzipCodec>();
  if (compression == Compression::Zstd) codec = std::make_unique<ZstdCodec>();
  return std::make_unique<DecompressedStream>(std::move(codec), std::move(from), head);
}

}  // namespace synfin
