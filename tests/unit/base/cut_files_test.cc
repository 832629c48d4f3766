#include "synfin/base/cut_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

#include "synfin/base/descriptor.h"

namespace synfin {
namespace {

constexpr std::size_t kSize = std::size_t{16} << 12;

/// A file of kSize bytes 'x' without a name.
int make_file() {
  const int file = memfd_create("cut", MFD_CLOEXEC);
  const std::string content(kSize, 'x');
  EXPECT_EQ(write(file, content.data(), content.size()), static_cast<ssize_t>(kSize));
  return file;
}

TEST(CutFiles, WhatIsGoneReadsAsZeros) {
  read_cut_files_as_zeros();
  const unsigned before = pages_read_as_zeros();
  const Descriptor file(make_file());
  void* const map = mmap(nullptr, kSize, PROT_READ, MAP_SHARED, file.get(), 0);
  ASSERT_NE(map, MAP_FAILED);
  const auto* const bytes = static_cast<const volatile char*>(map);
  ASSERT_EQ(ftruncate(file.get(), 10), 0);
  EXPECT_EQ(bytes[9], 'x');
  EXPECT_EQ(bytes[10], 0);
  for (std::size_t i = 0; i < kSize; i += 1000) EXPECT_EQ(bytes[i], i == 0 ? 'x' : 0) << i;
  EXPECT_EQ(pages_read_as_zeros() - before,
            kSize / static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) - 1);
  munmap(map, kSize);
}

TEST(CutFilesDeathTest, AStoreEndsTheProcess) {
  const auto store = [] {
    read_cut_files_as_zeros();
    const Descriptor file(make_file());
    void* const map = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (ftruncate(file.get(), 0) == 0) static_cast<volatile char*>(map)[kSize / 2] = 1;
    std::_Exit(0);
  };
  EXPECT_DEATH(store(), "");
}

TEST(CutFilesDeathTest, AnotherBusErrorEndsTheProcess) {
  const auto raise_it = [] {
    read_cut_files_as_zeros();
    (void)std::raise(SIGBUS);
    std::_Exit(0);
  };
  EXPECT_DEATH(raise_it(), "");
}

}  // namespace
}  // namespace synfin
