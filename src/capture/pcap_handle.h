/// \file
/// PcapHandle: a pcap_t that is closed at the end of its life.
#pragma once

#include <memory>

struct pcap;  // pcap_t

namespace synfin {

struct PcapClose {
  void operator()(pcap* handle) const;
};
using PcapHandle = std::unique_ptr<pcap, PcapClose>;

}  // namespace synfin
