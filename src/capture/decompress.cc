// See decompress.h.
#include "capture/decompress.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "capture/byte_order.h"
#include "capture/codec.h"

namespace synfin {
namespace {

constexpr std::size_t kInputSize = 128 * 1024;

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
  const auto begins_with = [head](std::initializer_list<std::uint8_t> magic) {
    return head.size() >= magic.size() && std::equal(magic.begin(), magic.end(), head.begin());
  };
  if (begins_with({0x1F, 0x8B})) return Compression::Gzip;
  if (begins_with({'B', 'Z', 'h'})) return Compression::Bzip2;
  if (begins_with({0xFD, '7', 'z', 'X'})) return Compression::Xz;
  if (begins_with({0x04, 0x22, 0x4D, 0x18})) return Compression::Lz4;
  if (begins_with({0x28, 0xB5, 0x2F, 0xFD})) return Compression::Zstd;
  const bool skippable_frame =
      head.size() >= 4 && (load_u32(head.data(), kLittleEndian) & 0xFFFFFFF0U) == 0x184D2A50U;
  return skippable_frame ? Compression::Zstd : Compression::None;
}

std::unique_ptr<ByteStream> decompress(Compression compression, std::unique_ptr<ByteStream> from,
                                       std::span<const std::uint8_t> head) {
  return std::make_unique<DecompressedStream>(make_codec(compression), std::move(from), head);
}

}  // namespace synfin
