/// \file
/// Merges up to four captures. The first byte is their number; the length of each but the last
/// precedes it in two bytes. The merged packets must be those of the captures, each capture's in
/// its own order, for all sizes of batches and chunks.
#include <array>
#include <vector>

#include "support/fuzz_input.h"
#include "synfin/capture/merged_source.h"

using namespace synfin;
using fuzz::require;

namespace {

constexpr std::size_t kMaxSources = 4;

struct Seen {
  Timestamp time;
  std::uint32_t caplen;
  std::uint32_t wirelen;
  std::uint8_t first;
  std::uint16_t source;
  friend bool operator==(const Seen&, const Seen&) = default;
};

std::vector<Seen> read_all(PacketSource& source, std::size_t batch_size) {
  std::vector<Seen> seen;
  std::array<Packet, 64> batch;
  while (!source.ended()) {
    const std::size_t count = source.next_batch(std::span(batch).first(batch_size));
    for (const Packet& p : std::span(batch).first(count)) {
      require(p.interface < source.interfaces().size(), "a packet's interface is known");
      seen.push_back({p.time, p.caplen, p.wirelen,
                      p.caplen > 0 ? p.data[p.caplen - 1] : std::uint8_t{0}, p.source});
    }
  }
  return seen;
}

std::vector<std::unique_ptr<PacketSource>> open_all(const std::vector<fuzz::Bytes>& captures,
                                                    std::size_t chunk_size) {
  std::vector<std::unique_ptr<PacketSource>> sources;
  for (const fuzz::Bytes bytes : captures) {
    SavefileOptions options;
    options.chunk_size = chunk_size;
    options.second_thread = false;
    if (auto opened = open_savefile_bytes(bytes, "fuzz", options))
      sources.push_back(std::move(*opened));
  }
  return sources;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 16) return 0;
  fuzz::Bytes rest(data, size);
  std::vector<fuzz::Bytes> captures;
  for (std::size_t n = fuzz::take_byte(rest) % kMaxSources; n > 0; --n)
    captures.push_back(fuzz::take_part(rest));
  captures.push_back(rest);
  // With small chunks, a file may open before the damage of its first block is found.
  std::erase_if(captures, [](fuzz::Bytes bytes) { return open_all({bytes}, 4096).empty(); });
  auto sources = open_all(captures, 4096);
  if (sources.empty()) return 0;
  std::vector<std::vector<Seen>> alone;
  for (auto& source : open_all(captures, 4096)) alone.push_back(read_all(*source, 64));
  const std::size_t count = sources.size();
  const std::vector<Seen> merged = read_all(*merge_sources(std::move(sources)), 64);
  require(read_all(*merge_sources(open_all(captures, 61)), 3) == merged,
          "the order does not depend on the sizes of batches and chunks");
  std::vector<std::size_t> at(count);
  for (Seen s : merged) {
    const std::size_t source = std::exchange(s.source, std::uint16_t{0});
    require(source < count && at[source] < alone[source].size(), "no packet is new");
    require(s == alone[source][at[source]++], "a capture's packets keep their order");
  }
  for (std::size_t i = 0; i < count; ++i) require(at[i] == alone[i].size(), "no packet is lost");
  return 0;
}
