// After its construction the connection table allocates nothing: a counting operator new proves it.
// The sanitizers replace operator new themselves, so the test is skipped under them.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <new>

#include "support/random_segments.h"
#include "synfin/track/connection_table.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SYNFIN_COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define SYNFIN_COUNTS_ALLOCATIONS 0
#endif
#endif
#ifndef SYNFIN_COUNTS_ALLOCATIONS
#define SYNFIN_COUNTS_ALLOCATIONS 1
#endif

namespace {

thread_local std::uint64_t allocations = 0;

}  // namespace

#if SYNFIN_COUNTS_ALLOCATIONS
// GCC warns about free() here, although these functions replace both operators.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size != 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  const auto step = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(step, (size + step - 1) / step * step)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
#endif

namespace synfin::test {
namespace {

/// Observes all segments and returns the number of events.
std::size_t run(ConnectionTable& table, EventBuffer& buffer, std::span<const Segment> segments) {
  std::size_t events = 0;
  const auto collect = [&] {
    events += buffer.events().size();
    buffer.clear();
  };
  while (!segments.empty()) {
    segments = segments.subspan(table.observe(segments, buffer));
    if (!segments.empty()) collect();
  }
  while (!table.expire(table.now() + std::chrono::hours{1}, buffer)) collect();
  collect();
  return events;
}

class Allocation : public testing::TestWithParam<PacketScope> {};

TEST(AllocationCounter, CountsOperatorNew) {
  if (!SYNFIN_COUNTS_ALLOCATIONS) GTEST_SKIP() << "a sanitizer replaces operator new";
  const std::uint64_t before = allocations;
  ::operator delete(::operator new(10));
  EXPECT_EQ(allocations, before + 1);
}

TEST_P(Allocation, ObserveAndExpireAllocateNothing) {
  if (!SYNFIN_COUNTS_ALLOCATIONS) GTEST_SKIP() << "a sanitizer replaces operator new";
  ConnectionTable table({.max_connections = 16, .scope = GetParam()});
  EventBuffer buffer(100);
  const auto random = random_segments(1, 20'000);
  const auto conversations = random_conversations(2, 20'000);
  const std::uint64_t before = allocations;
  const std::size_t events = run(table, buffer, random) + run(table, buffer, conversations);
  EXPECT_EQ(allocations, before);
  EXPECT_GT(events, 10'000u);
  EXPECT_GT(table.counters().evicted, 0u);
}

INSTANTIATE_TEST_SUITE_P(Scopes, Allocation,
                         testing::Values(PacketScope::All, PacketScope::Control),
                         [](const auto& scope) {
                           return scope.param == PacketScope::All ? "All" : "Control";
                         });

}  // namespace
}  // namespace synfin::test
