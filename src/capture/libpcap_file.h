/// \file
/// LibpcapFile: a savefile as libpcap reads it, the reference for tests of the fast reader.
///
/// Flow: pcap_open_offline, pcap_next_ex → one Packet.
/// Tested in tests/unit/capture/libpcap_file_test.cc, used in tests/property/capture/.
#pragma once

#include <memory>
#include <string>

#include "synfin/base/result.h"
#include "synfin/capture/packet_source.h"

namespace synfin {

/// Opens `path`, or standard input for "-". A batch contains one packet, because libpcap
/// invalidates the previous one with each read. Times have nanoseconds. The seconds of classic pcap
/// are unsigned, although libpcap sign-extends them for some files.
Result<std::unique_ptr<PacketSource>> open_with_libpcap(const std::string& path);

}  // namespace synfin
