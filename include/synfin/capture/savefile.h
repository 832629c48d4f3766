/// \file
/// Savefiles: pcap and pcapng, uncompressed or compressed, read faster than libpcap reads them.
///
/// Flow: read(2) → [decompress, on a second thread] → a buffer that stays in cache → Packet[]
/// pointing into it. The first bytes of a file determine its format; its name does not matter.
/// Tested in tests/unit/capture/savefile_test.cc, against libpcap in tests/property/capture/,
/// fuzzed by tests/fuzz/savefile_fuzz.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "synfin/base/result.h"
#include "synfin/capture/packet_source.h"

namespace synfin {

struct SavefileOptions {
  /// The number of this source's first interface, so that several sources can use distinct numbers.
  std::uint16_t first_interface = 0;
  /// Bytes per read. A quarter of a common L2 cache: larger chunks do not stay in it, and smaller
  /// ones need more system calls.
  std::size_t chunk_size = 256 * 1024;
  /// Whether decompression may use a thread of its own.
  bool second_thread = true;
};

/// Opens `path`, or standard input for "-", and reads the file header, for which it may wait on a
/// pipe.
///
/// Fails with a sentence that names the path: no such file, no permission, a folder, empty, not a
/// capture. The source's damage() may be set before its end, if reading continues after the damage.
/// Simple packets of pcapng have no time of their own and get time 0 of their interface. Times that
/// are decades away from those of the neighbouring packets are damage and are replaced. drops()
/// sums up the interface statistics and the drop counts of packets in pcapng. REQUIRES:
/// options.chunk_size > 0.
Result<std::unique_ptr<PacketSource>> open_savefile(const std::string& path,
                                                    const SavefileOptions& options = {});

/// Opens bytes in memory, which must outlive the source; sentences contain `name` as the path.
Result<std::unique_ptr<PacketSource>> open_savefile_bytes(std::span<const std::uint8_t> bytes,
                                                          const std::string& name,
                                                          const SavefileOptions& options = {});

}  // namespace synfin
