/// \file
/// Reads arbitrary bytes as a savefile. Reading must end, return only readable bytes, and return
/// the same packets for all chunk sizes.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "support/capture_mutator.h"
#include "synfin/capture/savefile.h"

namespace {

struct Sum {
  std::uint64_t packets = 0;
  std::uint64_t content = 0;  ///< a checksum of all packets
  friend bool operator==(const Sum&, const Sum&) = default;
};

void mix(Sum& sum, std::uint64_t value) {
  sum.content = (sum.content ^ value) * 0x9E3779B97F4A7C15U;
}

Sum read(std::span<const std::uint8_t> bytes, std::size_t chunk_size, std::size_t batch_size) {
  synfin::SavefileOptions options;
  options.chunk_size = chunk_size;
  options.second_thread = false;
  auto source = synfin::open_savefile_bytes(bytes, "fuzz", options);
  Sum sum;
  if (!source) return sum;
  std::array<synfin::Packet, 64> batch;
  while (!(*source)->ended()) {
    const std::size_t count = (*source)->next_batch(std::span(batch).first(batch_size));
    for (const synfin::Packet& packet : std::span(batch).first(count)) {
      ++sum.packets;
      mix(sum, static_cast<std::uint64_t>(synfin::to_ns(packet.time)));
      mix(sum, packet.wirelen);
      mix(sum, static_cast<std::uint64_t>(packet.link) << 16 | packet.interface);
      for (const std::uint8_t byte : std::span(packet.data, packet.caplen)) mix(sum, byte);
    }
  }
  mix(sum, (*source)->drops().kernel ^ (*source)->interfaces().size());
  return sum;
}

}  // namespace

SYNFIN_CAPTURE_MUTATOR(0)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  const Sum whole = read(bytes, size + 1, 64);
  if (read(bytes, 7, 3) != whole) std::abort();
  return 0;
}
