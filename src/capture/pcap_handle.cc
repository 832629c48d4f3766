// See pcap_handle.h.
#include "capture/pcap_handle.h"

#include <pcap.h>

namespace synfin {

void PcapClose::operator()(pcap* handle) const { pcap_close(handle); }

}  // namespace synfin
