/// \file
/// Savefiles, read faster than libpcap does: pcap and pcapng, as they are or in gzip or zstd.
///
/// Flow: read(2) → [decompress, on a second thread] → a buffer that stays in cache → Packet[]
/// pointing into it. What a file is, its first bytes say; names do not matter. Tested in
/// tests/unit/capture/savefile_test.cc, against libpcap in tests/property/capture/, fuzzed by
/// tests/fuzz/savefile_fuzz.cc.
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
  /// The number of this source's first interface, so that several sources keep theirs apart.
  std::uint16_t first_interface = 0;
  /// Bytes asked of one read. A quarter of an L2 cache: larger chunks fall out of it, smaller ones
  /// cost system calls.
  std::size_t chunk_size = 256 * 1024;
  /// Whether decompressing may use a thread of its own.
  bool second_thread = true;
};

/// Opens `path`, or standard input for "-", and reads as far as the file header (on a pipe that
/// means waiting for it).
///
/// Fails with a sentence that names the path: no such file, no permission, a folder, empty, no
/// capture. The source: damage() may be set while reading goes on (a pcapng block that contradicts
/// itself); what can be read is handed out. Simple packets of pcapng have no time and get their
/// interface's time 0. Of drops, the statistics blocks count; per-packet drop counts do not.
/// REQUIRES: options.chunk_size > 0.
Result<std::unique_ptr<PacketSource>> open_savefile(const std::string& path,
                                                    const SavefileOptions& options = {});

/// The same for bytes in memory, which must outlive the source; `name` stands for the path in
/// sentences.
Result<std::unique_ptr<PacketSource>> open_savefile_bytes(std::span<const std::uint8_t> bytes,
                                                          const std::string& name,
                                                          const SavefileOptions& options = {});

}  // namespace synfin
