/// \file
/// LibpcapFile: a savefile as libpcap reads it. The reference that tests hold the fast reader
/// against.
///
/// Flow: pcap_open_offline, pcap_next_ex → one Packet.
/// Tested in tests/unit/capture/libpcap_file_test.cc, used in tests/property/capture/.
#pragma once

#include <memory>
#include <string>

#include "synfin/base/result.h"
#include "synfin/capture/packet_source.h"

namespace synfin {

/// Opens `path`, or standard input for "-". Batches are of one packet, for libpcap keeps no more
/// alive. Nanoseconds. Of classic pcap it takes seconds as unsigned, where libpcap sign-extends
/// them on some files.
Result<std::unique_ptr<PacketSource>> open_with_libpcap(const std::string& path);

}  // namespace synfin
