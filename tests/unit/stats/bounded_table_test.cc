#include "synfin/stats/bounded_table.h"

#include <gtest/gtest.h>

#include <map>

#include "synfin/base/mix.h"

namespace synfin {
namespace {

struct Entry {
  std::uint64_t key = 0;
  std::uint32_t weight = 0;
  bool is(std::uint64_t k) const { return k == key; }
};

class Counter {
 public:
  Counter(std::size_t limit, std::uint64_t seed) : table_(limit), seed_(seed) {}

  void count(std::uint64_t key, std::uint64_t weight = 1) {
    const std::uint32_t hash = hash_of(key);
    Entry* entry = table_.find(key, hash);
    if (!entry) {
      entry = &table_.add(hash, [this](Entry& gone) { gone_ += gone.weight; });
      entry->key = key;
    }
    table_.gain(*entry, weight);
  }
  const Entry* find(std::uint64_t key) { return table_.find(key, hash_of(key)); }
  BoundedTable<Entry>& table() { return table_; }
  std::uint64_t gone() const { return gone_; }

 private:
  std::uint32_t hash_of(std::uint64_t key) const {
    return static_cast<std::uint32_t>(mix64(key ^ seed_, seed_ | 1));
  }

  BoundedTable<Entry> table_;
  std::uint64_t seed_;
  std::uint64_t gone_ = 0;
};

TEST(BoundedTable, CountsExactlyUpToItsLimit) {
  Counter counter(5000, 7);
  std::map<std::uint64_t, std::uint32_t> truth;
  for (std::uint64_t i = 0; i < 40'000; ++i) {
    const std::uint64_t key = mix64(i + 1, 0x9E3779B97F4A7C15) % 5000;
    counter.count(key);
    ++truth[key];
  }
  EXPECT_EQ(counter.table().replaced(), 0u);
  EXPECT_EQ(counter.table().size(), truth.size());
  for (const auto& [key, n] : truth) {
    ASSERT_NE(counter.find(key), nullptr) << key;
    EXPECT_EQ(counter.find(key)->weight, n) << key;
  }
}

TEST(BoundedTable, KeepsHeavyEntriesInAFloodOfOneTimeKeys) {
  Counter counter(1000, 7);
  for (std::uint64_t round = 0; round < 50; ++round) {
    for (std::uint64_t heavy = 0; heavy < 600; ++heavy) counter.count(heavy % 300);
    for (std::uint64_t once = 0; once < 2000; ++once)
      counter.count(1'000'000 + round * 2000 + once);
  }
  EXPECT_TRUE(counter.table().full());
  for (std::uint64_t heavy = 0; heavy < 300; ++heavy) {
    ASSERT_NE(counter.find(heavy), nullptr) << heavy;
    EXPECT_EQ(counter.find(heavy)->weight, 100u);
  }
}

TEST(BoundedTable, ReplacesTheLightestIfAllAreHeavy) {
  Counter counter(100, 7);
  for (std::uint64_t key = 0; key < 100; ++key) counter.count(key, key < 50 ? 4 : 4000);
  for (std::uint64_t key = 1000; key < 1040; ++key) counter.count(key, 4);
  for (std::uint64_t key = 50; key < 100; ++key) EXPECT_NE(counter.find(key), nullptr) << key;
}

TEST(BoundedTable, RetiresEveryReplacedEntry) {
  Counter counter(64, 3);
  for (std::uint64_t key = 0; key < 5000; ++key) counter.count(key, 1 + key % 3);
  std::uint64_t kept = 0;
  std::uint64_t given = 0;
  for (const Entry& e : counter.table().entries()) kept += e.weight;
  for (std::uint64_t key = 0; key < 5000; ++key) given += 1 + key % 3;
  EXPECT_EQ(kept + counter.gone(), given);
  EXPECT_EQ(counter.table().replaced(), 5000u - 64u);
}

TEST(BoundedTable, FindsItsEntriesAfterManyReplacements) {
  Counter counter(97, 11);
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    counter.count(mix64(i + 1, 0xA0761D6478BD642F) % 400, 1 + i % 5);
  }
  for (const Entry& e : counter.table().entries()) EXPECT_EQ(counter.find(e.key), &e);
}

TEST(BoundedTable, FindsKeysWithEqualHashes) {
  struct Case {
    std::size_t limit;
    std::uint32_t (*hash_of)(std::uint64_t key);
  };
  const Case cases[] = {
      {50, [](std::uint64_t) { return 0u; }},
      {50, [](std::uint64_t key) { return static_cast<std::uint32_t>(key << 16); }},  // one bucket
      // The last buckets, from which keys go on to the first; the index doubles.
      {700, [](std::uint64_t key) { return 0xFFFFFFE0 | static_cast<std::uint32_t>(key % 32); }},
  };
  for (const auto& [limit, hash_of] : cases) {
    BoundedTable<Entry> table(limit);
    for (std::uint64_t key = 1; key <= 2 * limit; ++key) {
      ASSERT_EQ(table.find(key, hash_of(key)), nullptr) << key;
      Entry& entry = table.add(hash_of(key), [](Entry&) {});
      entry.key = key;
      table.gain(entry, 1);
      for (const Entry& kept : table.entries()) {
        ASSERT_EQ(table.find(kept.key, hash_of(kept.key)), &kept) << kept.key << " of " << key;
      }
    }
    EXPECT_EQ(table.size(), limit);
  }
}

TEST(BoundedTable, HoldsTheSameUnderEverySeed) {
  Counter a(128, 1);
  Counter b(128, 0xDEADBEEF);
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    const std::uint64_t key = mix64(i + 1, 0xE7037ED1A0B428DB) % (1 + i % 1000);
    a.count(key);
    b.count(key);
  }
  const auto left = a.table().entries();
  const auto right = b.table().entries();
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    EXPECT_EQ(left[i].key, right[i].key) << i;
    EXPECT_EQ(left[i].weight, right[i].weight) << i;
  }
}

TEST(BoundedTable, ALimitOfOneOrNoneHoldsOne) {
  for (const std::size_t limit : {0u, 1u}) {
    Counter counter(limit, 5);
    for (std::uint64_t key = 0; key < 100; ++key) counter.count(key, 1000);
    EXPECT_EQ(counter.table().size(), 1u);
    EXPECT_NE(counter.find(99), nullptr);
  }
}

TEST(Saturate, StopsAtTheMaximum) {
  std::uint32_t n = 0xFFFFFFF0;
  saturate(n, 8);
  EXPECT_EQ(n, 0xFFFFFFF8u);
  saturate(n, 8);
  EXPECT_EQ(n, 0xFFFFFFFFu);
  saturate(n, 1);
  EXPECT_EQ(n, 0xFFFFFFFFu);
}

}  // namespace
}  // namespace synfin
