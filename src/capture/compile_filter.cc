// See compile_filter.h.
#include "capture/compile_filter.h"

#include <pcap.h>

#include <cstddef>
#include <memory>

namespace synfin {

int compile_filter(pcap* handle, bpf_program& program, const std::string& expression, bool optimize,
                   std::uint32_t netmask) {
  constexpr std::size_t kScanner = 96 * 1024;  // stays with the allocator when it is freed
  auto reserve = std::make_unique_for_overwrite<char[]>(kScanner);
  *static_cast<volatile char*>(reserve.get()) = 0;  // a compiler may remove what nobody uses
  reserve.reset();
  return pcap_compile(handle, &program, expression.c_str(), optimize ? 1 : 0, netmask);
}

}  // namespace synfin
