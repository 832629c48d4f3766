/// \file
/// compile_filter(): libpcap's compiler of filter expressions, made safe against a lack of memory.
/// Tested by tests/torture/run.py.
#pragma once

#include <cstdint>
#include <string>

struct pcap;         // pcap_t
struct bpf_program;  // from libpcap, too

namespace synfin {

/// As pcap_compile(3PCAP). libpcap's scanner crashes or ends the process if it gets no memory, so
/// this first makes sure that there is enough. Throws std::bad_alloc if there is not.
int compile_filter(pcap* handle, bpf_program& program, const std::string& expression, bool optimize,
                   std::uint32_t netmask);

}  // namespace synfin
