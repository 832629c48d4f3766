// socket() for this program and the libraries that it uses: libpcap opens a packet socket itself,
// but only the helper process has the right to do so. Other sockets are opened as always.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "synfin/base/file_helper.h"

// The linker prefers this definition to that of the C library.
extern "C" __attribute__((visibility("default"))) int socket(int domain, int type,
                                                             int protocol) noexcept {
  synfin::FileHelper* const helper = synfin::file_helper();
  if (domain == AF_PACKET && helper != nullptr) {
    try {
      const int opened = helper->packet_socket(type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (opened >= 0) return opened;
    } catch (...) {  // no memory is left: the system call below fails for lack of rights
    }
  }
  return static_cast<int>(syscall(SYS_socket, domain, type, protocol));
}
