// See codec.h.
#include "capture/codec.h"

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

namespace synfin {
namespace {

/// A fuzzer must reach the code behind the checksums, which no mutated input would pass.
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
constexpr bool kChecksums = false;
#else
constexpr bool kChecksums = true;
#endif

class GzipCodec final : public Codec {
 public:
  GzipCodec() {
    usable_ = inflateInit2(&z_, 15 + 16) == Z_OK;  // 16: gzip's header and trailer, nothing else
    if (!kChecksums) inflateValidate(&z_, 0);
  }
  ~GzipCodec() override { inflateEnd(&z_); }

  CodecStep step(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) override {
    if (!usable_) return {0, 0, "out of memory"};
    if (in_member_) return inflate_some(in, out);
    if (in.empty()) return {};
    if (in[0] == 0) return {1, 0, nullptr};  // padding of tapes and block devices
    if (in[0] != 0x1f) return {0, 0, "followed by other data"};
    inflateReset(&z_);
    if (!kChecksums) inflateValidate(&z_, 0);
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
    if (!kChecksums) ZSTD_DCtx_setParameter(z_, ZSTD_d_experimentalParam3, 1);  // ignore checksums
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
    hint_ = status;  // it is 0 between frames
    output_pending_ = to.pos == to.size;
    return {from.pos, to.pos, nullptr};
  }

  ZSTD_DStream* z_;
  std::size_t hint_ = 0;
  bool complete_ = false;
  bool output_pending_ = false;  ///< libzstd may have output without further input
};

/// Several frames may follow one another.
class Lz4Codec final : public Codec {
 public:
  Lz4Codec() {
    if (LZ4F_isError(LZ4F_createDecompressionContext(&z_, LZ4F_VERSION)) != 0) z_ = nullptr;
  }
  ~Lz4Codec() override { LZ4F_freeDecompressionContext(z_); }
  Lz4Codec(const Lz4Codec&) = delete;
  Lz4Codec& operator=(const Lz4Codec&) = delete;

  CodecStep step(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) override {
    if (z_ == nullptr) return {0, 0, "out of memory"};
    std::size_t consumed = in.size(), produced = out.size();
    LZ4F_decompressOptions_t options{};
    options.skipChecksums = kChecksums ? 0 : 1;
    const std::size_t status =
        LZ4F_decompress(z_, out.data(), &produced, in.data(), &consumed, &options);
    if (LZ4F_isError(status) != 0) return {consumed, produced, LZ4F_getErrorName(status)};
    if (consumed > 0 || produced > 0) complete_ = status == 0;
    return {consumed, produced, nullptr};
  }

  bool complete() const override { return complete_; }
  const char* name() const override { return "lz4"; }

 private:
  LZ4F_dctx* z_ = nullptr;
  bool complete_ = false;
};

/// One stream per decoder; a new decoder reads the next of several streams. Zeros between streams
/// are padding.
class XzCodec final : public Codec {
 public:
  XzCodec() { begin(); }
  ~XzCodec() override { lzma_end(&z_); }
  XzCodec(const XzCodec&) = delete;
  XzCodec& operator=(const XzCodec&) = delete;

  CodecStep step(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) override {
    if (!usable_) return {0, 0, "out of memory"};
    if (!in_stream_) {
      if (in.empty()) return {};
      if (in[0] == 0) return {1, 0, nullptr};
      begin();
    }
    z_.next_in = in.data();
    z_.avail_in = in.size();
    z_.next_out = out.data();
    z_.avail_out = out.size();
    const lzma_ret status = lzma_code(&z_, LZMA_RUN);
    CodecStep step{in.size() - z_.avail_in, out.size() - z_.avail_out, nullptr};
    if (status == LZMA_STREAM_END) {
      in_stream_ = false;
    } else if (status != LZMA_OK && status != LZMA_BUF_ERROR) {
      step.error = status == LZMA_MEMLIMIT_ERROR ? "it needs too much memory"
                   : status == LZMA_FORMAT_ERROR ? "followed by other data"
                                                 : "corrupt data";
    }
    return step;
  }

  bool complete() const override { return !in_stream_; }
  const char* name() const override { return "xz"; }

 private:
  void begin() {
    usable_ =
        lzma_stream_decoder(&z_, kMaxCodecMemory, kChecksums ? 0 : LZMA_IGNORE_CHECK) == LZMA_OK;
    in_stream_ = true;
  }

  lzma_stream z_ = LZMA_STREAM_INIT;
  bool usable_ = false;
  bool in_stream_ = false;
};

/// Several streams may follow one another.
class Bzip2Codec final : public Codec {
 public:
  Bzip2Codec() { begin(); }
  ~Bzip2Codec() override {
    if (usable_) BZ2_bzDecompressEnd(&z_);
  }
  Bzip2Codec(const Bzip2Codec&) = delete;
  Bzip2Codec& operator=(const Bzip2Codec&) = delete;

  CodecStep step(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) override {
    if (!in_stream_) {
      if (in.empty()) return {};
      if (in[0] == 0) return {1, 0, nullptr};
      if (usable_) BZ2_bzDecompressEnd(&z_);
      begin();
    }
    if (!usable_) return {0, 0, "out of memory"};
    // libbz2's interface lacks a const; it does not write to its input.
    z_.next_in = const_cast<char*>(reinterpret_cast<const char*>(in.data()));
    z_.avail_in = static_cast<unsigned>(in.size());
    z_.next_out = reinterpret_cast<char*>(out.data());
    z_.avail_out = static_cast<unsigned>(std::min<std::size_t>(out.size(), 1U << 30));
    const unsigned space = z_.avail_out;
    const int status = BZ2_bzDecompress(&z_);
    CodecStep step{in.size() - z_.avail_in, space - z_.avail_out, nullptr};
    if (status == BZ_STREAM_END) {
      in_stream_ = false;
    } else if (status == BZ_DATA_ERROR_MAGIC) {
      step.error = "followed by other data";
    } else if (status != BZ_OK) {
      step.error = status == BZ_MEM_ERROR ? "out of memory" : "corrupt data";
    }
    return step;
  }

  bool complete() const override { return !in_stream_; }
  const char* name() const override { return "bzip2"; }

 private:
  void begin() {
    z_ = {};
    usable_ = BZ2_bzDecompressInit(&z_, 0, 0) == BZ_OK;
    in_stream_ = true;
  }

  bz_stream z_{};
  bool usable_ = false;
  bool in_stream_ = false;
};

}  // namespace

std::unique_ptr<Codec> make_codec(Compression compression) {
  switch (compression) {
    case Compression::Gzip:
      return std::make_unique<GzipCodec>();
    case Compression::Zstd:
      return std::make_unique<ZstdCodec>();
    case Compression::Lz4:
      return std::make_unique<Lz4Codec>();
    case Compression::Xz:
      return std::make_unique<XzCodec>();
    case Compression::Bzip2:
    case Compression::None:
      break;
  }
  return std::make_unique<Bzip2Codec>();
}

}  // namespace synfin
