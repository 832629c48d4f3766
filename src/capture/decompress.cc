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

/// What one step of a codec did.
struct Step {
  std::size_t taken = 0;
  std::size_t given = 0;
  const char* error = nullptr;  ///< a static text; what was given before it is good
};

/// The decompressing library, seen as a function from bytes to bytes.
class Codec {
 public:
  virtual ~Codec() = default;
  virtual Step step(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) = 0;
  /// True between two members or frames: the input may end here.
  virtual bool complete() const = 0;
  virtual const char* name() const = 0;
};

class GzipCodec final : public Codec {
 public:
  GzipCodec() {
    usable_ = inflateInit2(&z_, 15 + 16) == Z_OK;
  }  // 16: gzip's header and trailer, nothing else
  ~GzipCodec() override { inflateEnd(&z_); }

  Step step(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) override {
    if (!usable_) return {0, 0, "out of memory"};
    if (in_member_) return inflate_some(in, out);
    if (in.empty()) return {};
    if (in[0] == 0) return {1, 0, nullptr};  // padding, as tapes and block devices leave it
    if (in[0] != 0x1f) return {0, 0, "something else follows it"};
    inflateReset(&z_);
    in_member_ = true;
    return inflate_some(in, out);
  }

  bool complete() const override { return !in_member_; }
  const char* name() const override { return "gzip"; }

 private:
  Step inflate_some(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) {
    z_.next_in =
        const_cast<Bytef*>(in.data());  // zlib's interface lacks a const; it does not write there
    z_.avail_in = static_cast<uInt>(in.size());
    z_.next_out = out.data();
    z_.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size(), 1U << 30));
    const uInt room = z_.avail_out;
    const int status = inflate(&z_, Z_NO_FLUSH);
    Step step{in.size() - z_.avail_in, room - z_.avail_out, nullptr};
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

  /// Feeds block by block, and nothing before all of a block is out: libzstd forgets what it gave
  /// in a call that fails, so a damaged block must not cost the good one before it. Its hints cover
  /// a block and the header of the next.
  Step step(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) override {
    if (z_ == nullptr) return {0, 0, "out of memory"};
    if (held_back_) {
      const Step flushed = run({}, out);
      if (flushed.given > 0 || flushed.error != nullptr) return flushed;
    }
    constexpr std::size_t kBlockHeader = 3;
    const std::size_t wanted =
        hint_ > kBlockHeader ? hint_ - kBlockHeader : std::max<std::size_t>(hint_, 1);
    return run(in.first(std::min(in.size(), wanted)), out);
  }

  bool complete() const override { return complete_; }
  const char* name() const override { return "zstd"; }

 private:
  Step run(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) {
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const std::size_t status = ZSTD_decompressStream(z_, &to, &from);
    if (ZSTD_isError(status) != 0) return {from.pos, to.pos, ZSTD_getErrorName(status)};
    if (from.pos > 0 || to.pos > 0) complete_ = status == 0;
    hint_ = status;  // 0 between frames, of which the first bytes tell more
    held_back_ = to.pos == to.size;
    return {from.pos, to.pos, nullptr};
  }

  ZSTD_DStream* z_;
  std::size_t hint_ = 0;
  bool complete_ = false;
  bool held_back_ = false;  ///< libzstd may have more to give without further input
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
      const Step step = codec_->step(rest_, into);
      rest_ = rest_.subspan(step.taken);
      if (step.error != nullptr) fail(step.error);
      if (step.given > 0) return {step.given, ReadState::Data};
      if (step.error != nullptr) break;
      if (step.taken > 0) continue;
      if (const ReadState state = refill(); state != ReadState::Data) return {0, state};
    }
    return {};
  }

  const std::string& failure() const override { return failure_; }
  std::uint64_t consumed() const override { return from_->consumed(); }
  std::uint64_t total() const override { return from_->total(); }
  void interrupt() noexcept override { from_->interrupt(); }

 private:
  /// Where in the compressed input the codec stands.
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
      failure_ = fmt::format("the {} data breaks off at byte {}, where the input ends",
                             codec_->name(), offset());
    }
    return got.state;
  }

  std::unique_ptr<Codec> codec_;
  std::unique_ptr<ByteStream> from_;
  std::vector<std::uint8_t> input_;
  std::span<const std::uint8_t> rest_;  ///< of input_, not yet taken
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
