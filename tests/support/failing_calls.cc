/// \file
/// A library for LD_PRELOAD that makes the n-th call of one kind fail, as a full disk, a missing
/// right or a lack of memory would.
///
///     FAIL_KIND    malloc, write, read, mmap, open, rename, fsync or thread
///     FAIL_AT      the number of the call that fails, from 1; 0: none fails
///     FAIL_FROM    if set, all later calls fail too
///     FAIL_COUNT   a file that gets a line with the number of calls at the end of each process
///
/// Only calls of the program and its libraries fail. Those of the C library itself do not, because
/// it would crash in getpwnam(). Allocations of pcap_compile() and seccomp_load() do not fail
/// either, because the scanner of the former would crash or call exit(), and the latter would not
/// return; the program checks that memory is available before it calls them. Used by
/// tests/torture/run.py.
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// The allocator of the C library under its other names.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

/// Constant-initialized, because malloc() is called before any constructor runs.
struct Plan {
  const char* kind = nullptr;
  unsigned long at = 0;
  bool from = false;
  const char* libc_begin = nullptr;
  const char* libc_end = nullptr;
};
Plan plan;
std::atomic<bool> ready{false};
std::atomic<unsigned long> calls{0};

/// Finds the machine code of the C library, which contains getpid().
int find_libc(dl_phdr_info* object, std::size_t, void*) {
  const auto inside = reinterpret_cast<std::uintptr_t>(dlsym(RTLD_NEXT, "getpid"));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& part = object->dlpi_phdr[i];
    const std::uintptr_t begin = object->dlpi_addr + part.p_vaddr;
    if (part.p_type != PT_LOAD || inside < begin || inside >= begin + part.p_memsz) continue;
    plan.libc_begin = reinterpret_cast<const char*>(begin);
    plan.libc_end = plan.libc_begin + part.p_memsz;
    return 1;
  }
  return 0;
}

__attribute__((constructor)) void read_plan() {
  dl_iterate_phdr(find_libc, nullptr);
  plan.kind = std::getenv("FAIL_KIND");
  const char* at = std::getenv("FAIL_AT");
  plan.at = at != nullptr ? std::strtoul(at, nullptr, 10) : 0;
  plan.from = std::getenv("FAIL_FROM") != nullptr;
  ready = plan.kind != nullptr;
}

/// Writes with system calls only, because everything else may be made to fail.
__attribute__((destructor)) void write_count() {
  const char* path = std::getenv("FAIL_COUNT");
  ready = false;
  if (path == nullptr) return;
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%lu\n", calls.load());
  const long file = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (file >= 0) syscall(SYS_write, file, text, size);
}

/// True if an allocation by the code at `caller` fails.
bool fails(const char* kind, int error);
bool allocation_fails(const void* caller) {
  const auto* at = static_cast<const char*>(caller);
  return (at < plan.libc_begin || at >= plan.libc_end) && fails("malloc", ENOMEM);
}

/// This thread is in a function that must not fail.
thread_local bool exempt __attribute__((tls_model("initial-exec"))) = false;

bool fails(const char* kind, int error) {
  if (exempt) return false;
  if (!ready.load(std::memory_order_relaxed) || std::strcmp(kind, plan.kind) != 0) return false;
  const unsigned long call = ++calls;
  if (plan.at == 0 || (plan.from ? call < plan.at : call != plan.at)) return false;
  errno = error;
  return true;
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

int open_or_fail(int folder, const char* path, int flags, std::va_list arguments) {
  const int mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, int) : 0;
  if (fails("open", EACCES)) return -1;
  return static_cast<int>(syscall(SYS_openat, folder, path, flags, mode));
}

}  // namespace

extern "C" {

int pcap_compile(void* pcap, void* program, const char* expression, int optimize,
                 unsigned netmask) {
  using Compile = int(void*, void*, const char*, int, unsigned);
  static Compile* const compile = next<Compile>("pcap_compile");
  exempt = true;
  const int result = compile(pcap, program, expression, optimize, netmask);
  exempt = false;
  return result;
}

int seccomp_load(void* context) {
  static auto* const load = next<int(void*)>("seccomp_load");
  exempt = true;
  const int result = load(context);
  exempt = false;
  return result;
}

void* malloc(std::size_t size) {
  return allocation_fails(__builtin_return_address(0)) ? nullptr : __libc_malloc(size);
}
void* calloc(std::size_t n, std::size_t size) {
  return allocation_fails(__builtin_return_address(0)) ? nullptr : __libc_calloc(n, size);
}
void* realloc(void* old, std::size_t size) {
  return allocation_fails(__builtin_return_address(0)) ? nullptr : __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return allocation_fails(__builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  *out = allocation_fails(__builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
  return *out != nullptr ? 0 : ENOMEM;
}

ssize_t write(int fd, const void* data, std::size_t size) {
  return fails("write", ENOSPC) ? -1 : syscall(SYS_write, fd, data, size);
}
ssize_t pwrite(int fd, const void* data, std::size_t size, off_t at) {
  return fails("write", ENOSPC) ? -1 : syscall(SYS_pwrite64, fd, data, size, at);
}
ssize_t writev(int fd, const iovec* parts, int n) {
  return fails("write", ENOSPC) ? -1 : syscall(SYS_writev, fd, parts, n);
}

ssize_t read(int fd, void* data, std::size_t size) {
  return fails("read", EIO) ? -1 : syscall(SYS_read, fd, data, size);
}
ssize_t pread(int fd, void* data, std::size_t size, off_t at) {
  return fails("read", EIO) ? -1 : syscall(SYS_pread64, fd, data, size, at);
}

void* mmap(void* at, std::size_t size, int protection, int flags, int fd, off_t offset) {
  if (fails("mmap", ENOMEM)) return MAP_FAILED;
  return reinterpret_cast<void*>(syscall(SYS_mmap, at, size, protection, flags, fd, offset));
}
void* mmap64(void* at, std::size_t size, int protection, int flags, int fd, off_t offset) {
  return mmap(at, size, protection, flags, fd, offset);
}

int open(const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const int fd = open_or_fail(AT_FDCWD, path, flags, arguments);
  va_end(arguments);
  return fd;
}
int open64(const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const int fd = open_or_fail(AT_FDCWD, path, flags, arguments);
  va_end(arguments);
  return fd;
}
int openat(int folder, const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const int fd = open_or_fail(folder, path, flags, arguments);
  va_end(arguments);
  return fd;
}
int openat64(int folder, const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const int fd = open_or_fail(folder, path, flags, arguments);
  va_end(arguments);
  return fd;
}

FILE* fopen(const char* path, const char* mode) {
  return fails("open", EACCES) ? nullptr
                               : next<FILE*(const char*, const char*)>("fopen")(path, mode);
}
FILE* fopen64(const char* path, const char* mode) { return fopen(path, mode); }

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*),
                   void* argument) {
  using Create = int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  if (fails("thread", EAGAIN)) return EAGAIN;
  return next<Create>("pthread_create")(thread, attributes, body, argument);
}

/// A forked process ends with it, without destructors.
void _exit(int code) {
  write_count();
  syscall(SYS_exit_group, code);
  __builtin_unreachable();
}

int rename(const char* from, const char* to) {
  if (fails("rename", EIO)) return -1;
  return static_cast<int>(syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to));
}
int renameat(int old_folder, const char* from, int folder, const char* to) {
  if (fails("rename", EIO)) return -1;
  return static_cast<int>(syscall(SYS_renameat, old_folder, from, folder, to));
}
int renameat2(int old_folder, const char* from, int folder, const char* to, unsigned flags) {
  if (fails("rename", EIO)) return -1;
  return static_cast<int>(syscall(SYS_renameat2, old_folder, from, folder, to, flags));
}

int fsync(int fd) { return fails("fsync", EIO) ? -1 : static_cast<int>(syscall(SYS_fsync, fd)); }
int fdatasync(int fd) {
  return fails("fsync", EIO) ? -1 : static_cast<int>(syscall(SYS_fdatasync, fd));
}

}  // extern "C"
