/// \file
/// Reads arbitrary bytes as the kernel's answers about sockets (netlink sock_diag).
#include <libmnl/libmnl.h>

#include <vector>

#include "enrich/socket_message.h"
#include "support/fuzz_input.h"

using namespace synfin;
using fuzz::require;

namespace {

int on_message(const nlmsghdr* header, void* count) {
  if (const auto info = read_socket(*header)) {
    ++*static_cast<std::size_t*>(count);
    require(!to_string(info->state).empty(), "each state has a name");
    require(!state_name(*info).empty(), "each state has a name");
    require(!info->traffic || info->traffic->idle >= Duration{}, "no time is negative");
    (void)(info->listening() && info->serves(info->local));
  }
  return MNL_CB_OK;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 14) return 0;
  // A netlink buffer is aligned, as that of the receiver is.
  std::vector<std::uint64_t> aligned((size + 7) / 8);
  std::copy(data, data + size, reinterpret_cast<std::uint8_t*>(aligned.data()));
  std::size_t count = 0;
  if (!is_framed({reinterpret_cast<const char*>(aligned.data()), size})) return 0;
  mnl_cb_run(aligned.data(), size, 0, 0, on_message, &count);
  require(count <= size / sizeof(nlmsghdr), "each socket has a message of its own");
  return 0;
}
