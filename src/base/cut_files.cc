// See cut_files.h.
#include "synfin/base/cut_files.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>

namespace synfin {
namespace {

std::uintptr_t page_size = 0;
struct sigaction before;          ///< who was asked until now
std::atomic<unsigned> zeros = 0;  ///< pages
static_assert(std::atomic<unsigned>::is_always_lock_free);

/// Puts a page of zeros where the page is that the file has lost; the read is then done again.
///
/// A store would fault at the page of zeros, too: that ends the process, as it should.
void on_bus_error(int signal, siginfo_t* about, void*) {
  const auto address = reinterpret_cast<std::uintptr_t>(about->si_addr);
  // NOLINTNEXTLINE(performance-no-int-to-ptr): rounded down to its page
  void* const page = reinterpret_cast<void*>(address & ~(page_size - 1));
  constexpr int kInPlace = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  const bool beyond_the_end = about->si_code == BUS_ADRERR;
  if (beyond_the_end && mmap(page, page_size, PROT_READ, kInPlace, -1, 0) != MAP_FAILED) {
    zeros.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  sigaction(signal, &before, nullptr);
  (void)std::raise(signal);  // delivered when this returns
}

bool install() {
  page_size = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGBUS, &action, &before) == 0;
}

}  // namespace

void read_cut_files_as_zeros() {
  static const bool installed = install();
  (void)installed;
}

unsigned pages_read_as_zeros() { return zeros.load(std::memory_order_relaxed); }

}  // namespace synfin
