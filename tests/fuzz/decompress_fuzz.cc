/// \file
/// Decompresses arbitrary bytes. The result must not depend on the sizes of the reads, except that
/// libbz2 returns more or less of a damaged block. The fuzz build ignores checksums, because no
/// mutation would pass them.
#include <vector>

#include "capture/decompress.h"
#include "support/fuzz_input.h"

using namespace synfin;
using fuzz::require;

namespace {

constexpr std::size_t kHead = 4;
constexpr std::size_t kMaxOutput = 1 << 20;  ///< a few bytes may decompress to gigabytes

struct Read {
  std::vector<std::uint8_t> bytes;
  std::string failure;
  bool whole = false;
};

Read read_all(fuzz::Bytes bytes, Compression compression, std::size_t step) {
  const auto stream = decompress(compression, std::make_unique<MemoryStream>(bytes.subspan(kHead)),
                                 bytes.first(kHead));
  Read read;
  std::vector<std::uint8_t> buffer(step);
  while (read.bytes.size() < kMaxOutput) {
    const ReadResult got = stream->read(buffer);
    if (got.state == ReadState::End) {
      read.whole = true;
      break;
    }
    require(got.size > 0 && got.size <= step, "a read returns at least one byte");
    read.bytes.insert(read.bytes.end(), buffer.begin(),
                      buffer.begin() + static_cast<std::ptrdiff_t>(got.size));
  }
  read.bytes.resize(std::min(read.bytes.size(), kMaxOutput));
  read.failure = stream->failure();
  return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kHead || size > 1 << 16) return 0;
  const fuzz::Bytes bytes(data, size);
  const Compression compression = compression_of(bytes.first(kHead));
  if (compression == Compression::None) return 0;
  const Read large = read_all(bytes, compression, 1 << 16);
  const Read small = read_all(bytes, compression, 1009);
  const std::size_t common = std::min(large.bytes.size(), small.bytes.size());
  require(std::equal(large.bytes.begin(), large.bytes.begin() + static_cast<std::ptrdiff_t>(common),
                     small.bytes.begin()),
          "the bytes do not depend on the sizes of the reads");
  require(large.bytes.size() == small.bytes.size() || !small.failure.empty(),
          "all sizes of reads return all bytes of a sound input");
  if (large.whole && small.whole)
    require(large.failure.empty() == small.failure.empty(), "nor does the failure");
  return 0;
}
