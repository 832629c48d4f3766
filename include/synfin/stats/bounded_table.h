/// \file
/// BoundedTable: entries by key; all of them up to a bound, beyond it mostly the heaviest.
///
/// Entries are stored in one array in order of insertion. An index maps a seeded hash to them: each
/// bucket is one cache line with seven entries and a count of the keys that overflowed into the
/// next bucket. When the array is full, the CLOCK algorithm (second chance) replaces an entry: a
/// hand moves around the array and stops at the first entry that weighs no more than `threshold_`.
/// The threshold starts at 1, so that a flood of one-time keys replaces only one-time keys. It
/// rises if a whole turn finds few such entries, which bounds the hand to eight steps per insertion
/// in the long run. A new entry has one turn of the hand to grow above the threshold. Counts in an
/// entry start at its insertion: they are exact for keys that were never replaced, and lower bounds
/// for others.
///
/// Which entry is replaced depends on order and weight only, never on the hash, so the same records
/// give the same table under every seed.
/// Memory: `limit` entries, mapped at once and resident when used, and 16 to 32 bytes of index for
/// each. Tested in tests/unit/stats/bounded_table_test.cc.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include "synfin/base/match_words.h"
#include "synfin/base/prefetch.h"
#include "synfin/stats/lazy_array.h"

namespace synfin {

/// Adds to a count that stays at its maximum instead of wrapping.
inline void saturate(std::uint32_t& count, std::uint64_t more) {
  count = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(count + more, std::numeric_limits<std::uint32_t>::max()));
}

/// Entry is plain data with `std::uint32_t weight` and `bool is(const Key&) const`.
template <typename Entry>
class BoundedTable {
 public:
  static constexpr std::size_t kMaxLimit = std::size_t{1} << 30;

  explicit BoundedTable(std::size_t limit)
      : limit_(std::clamp<std::size_t>(limit, 1, kMaxLimit)),
        entries_(limit_),
        buckets_(kFirstBuckets) {}

  /// Returns the entry of `key`, or null. Valid until the next add().
  template <typename Key>
  Entry* find(const Key& key, std::uint32_t hash) {
    std::size_t at = home(hash);
    for (std::size_t step = 0; step < buckets_.size(); ++step, at = next(at)) {
      const Bucket& bucket = buckets_[at];
      for (std::uint32_t hits = bucket.slots_with_hash(hash); hits != 0; hits &= hits - 1) {
        const std::uint32_t number = bucket.entry[std::countr_zero(hits)];
        if (number != 0 && entries_[number - 1].is(key)) return &entries_[number - 1];
      }
      if (bucket.overflow() == 0) break;
    }
    return nullptr;
  }

  template <typename Key>
  const Entry* find(const Key& key, std::uint32_t hash) const {
    return const_cast<BoundedTable*>(this)->find(key, hash);
  }

  /// Adds an entry of weight 0; the caller sets its key and weight. If the table is full, calls
  /// `retire(Entry&)` with the entry that is replaced.
  /// REQUIRES: no entry has that key. Invalidates every Entry pointer.
  template <typename Retire>
  Entry& add(std::uint32_t hash, Retire&& retire) {
    const std::size_t at = size_ < limit_ ? grow() : replace(retire);
    static_assert(std::is_trivially_copyable_v<Entry>);
    static constexpr Entry kFresh{};
    Entry* entry = &entries_[at];
    // The compiler uses wider stores than for a constructor.
    std::memcpy(entry, &kFresh, sizeof kFresh);
    classes_[at] = 0;
    hashes_[at] = hash;
    index(hash, static_cast<std::uint32_t>(at + 1));
    return *entry;
  }

  /// Adds `more` to the weight of an entry of this table.
  void gain(Entry& entry, std::uint64_t more) {
    saturate(entry.weight, more);
    classes_[static_cast<std::size_t>(&entry - &entries_[0])] =
        static_cast<std::uint8_t>(std::bit_width(entry.weight));
  }

  void prefetch_bucket(std::uint32_t hash) const { prefetch_line(&buckets_[home(hash)]); }

  /// Prefetches the first entry with that hash. Returns false if there is none.
  bool prefetch_entry(std::uint32_t hash) const {
    const Entry* entry = probable(hash);
    if (entry) prefetch_lines(entry);
    return entry != nullptr;
  }

  /// All entries, in order of insertion except for those that replaced another.
  std::span<const Entry> entries() const { return {size_ ? &entries_[0] : nullptr, size_}; }
  /// The same, to change what does not identify an entry.
  std::span<Entry> mutable_entries() { return {size_ ? &entries_[0] : nullptr, size_}; }
  std::size_t size() const { return size_; }
  /// True if the next add() replaces an entry.
  bool full() const { return size_ == limit_; }
  /// The number of entries that were replaced.
  std::uint64_t replaced() const { return replaced_; }
  std::size_t memory() const {
    return size_ * (sizeof(Entry) + 5) + buckets_.size() * sizeof(Bucket);
  }

 private:
  static constexpr std::uint32_t kSlots = 7;
  struct alignas(64) Bucket {
    std::uint32_t hash[kSlots + 1] = {};  ///< the last one is overflow()
    /// Index in entries_ + 1; 0 = free; the last one is unused.
    std::uint32_t entry[kSlots + 1] = {};

    /// The number of keys that overflowed into the next bucket.
    std::uint32_t& overflow() { return hash[kSlots]; }
    std::uint32_t overflow() const { return hash[kSlots]; }
    /// A bit for each slot with that hash. If it is 0, free slots may be among them.
    std::uint32_t slots_with_hash(std::uint32_t wanted) const {
      return matching_words<kSlots + 1>(hash, ~0u, wanted) & kAll;
    }
    /// A bit for each slot that holds entry number `number`; for each free slot if `number` is 0.
    std::uint32_t slots_with_entry(std::uint32_t number) const {
      return matching_words<kSlots + 1>(entry, ~0u, number) & kAll;
    }
    static constexpr std::uint32_t kAll = (1u << kSlots) - 1;
  };
  static_assert(sizeof(Bucket) == 64);
  static constexpr std::size_t kFirstBuckets = 128;
  static constexpr std::size_t kFill = 4;  ///< entries per bucket before the index grows
  static constexpr std::size_t kMaxSteps = 8;
  static constexpr std::size_t kPrefetchDistance = 8;
  static constexpr std::uint8_t kNone = 0xFF;

  std::size_t home(std::uint32_t hash) const { return hash & (buckets_.size() - 1); }
  std::size_t next(std::size_t bucket) const { return (bucket + 1) & (buckets_.size() - 1); }

  /// The first entry with that hash.
  const Entry* probable(std::uint32_t hash) const {
    std::size_t at = home(hash);
    for (std::size_t step = 0; step < buckets_.size(); ++step, at = next(at)) {
      const Bucket& bucket = buckets_[at];
      const std::uint32_t hits = bucket.slots_with_hash(hash);
      const std::uint32_t number = hits != 0 ? bucket.entry[std::countr_zero(hits)] : 0;
      if (number != 0) return &entries_[number - 1];
      if (bucket.overflow() == 0) break;
    }
    return nullptr;
  }

  std::size_t grow() {
    if (size_ == kFill * buckets_.size()) double_index();
    classes_.push_back(0);
    hashes_.push_back(0);
    return size_++;
  }

  void double_index() {
    buckets_.assign(buckets_.size() * 2, Bucket{});
    for (std::size_t i = 0; i < size_; ++i) {
      index(hashes_[i], static_cast<std::uint32_t>(i + 1));
    }
  }

  void index(std::uint32_t hash, std::uint32_t entry) {
    std::size_t at = home(hash);
    for (; buckets_[at].slots_with_entry(0) == 0; at = next(at)) ++buckets_[at].overflow();
    Bucket& bucket = buckets_[at];
    const int slot = std::countr_zero(bucket.slots_with_entry(0));
    bucket.hash[slot] = hash;
    bucket.entry[slot] = entry;
  }

  void unindex(std::uint32_t hash, std::uint32_t entry) {
    std::size_t at = home(hash);
    for (; buckets_[at].slots_with_entry(entry) == 0; at = next(at)) --buckets_[at].overflow();
    Bucket& bucket = buckets_[at];
    const int slot = std::countr_zero(bucket.slots_with_entry(entry));
    bucket.hash[slot] = bucket.entry[slot] = 0;
  }

  template <typename Retire>
  std::size_t replace(Retire&& retire) {
    const std::size_t at = victim();
    prefetch_victims();
    ++replaced_;
    retire(entries_[at]);
    unindex(hashes_[at], static_cast<std::uint32_t>(at + 1));
    return at;
  }

  /// Terminates, because the threshold rises with each turn that finds too few.
  std::size_t victim() {
    for (;;) {
      if (hand_ == size_) end_turn();
      const std::size_t at = hand_++;
      if (classes_[at] <= threshold_) {
        ++found_;
        return at;
      }
      lightest_ = std::min(lightest_, classes_[at]);
    }
  }

  void end_turn() {
    hand_ = 0;
    scout_ = 0;
    if (found_ <= size_ / kMaxSteps) {
      threshold_ = static_cast<std::uint8_t>(threshold_ + 1);
      if (lightest_ != kNone) threshold_ = std::max(threshold_, lightest_);
    }
    found_ = 0;
    lightest_ = kNone;
  }

  /// Prefetches the entries that will be replaced next, and their index lines.
  void prefetch_victims() {
    if (scout_ < hand_) scout_ = hand_;
    const std::size_t end = std::min(hand_ + kMaxSteps * kPrefetchDistance, size_);
    for (std::size_t found = 0; scout_ < end && found < 2; ++scout_) {
      if (classes_[scout_] > threshold_) continue;
      prefetch_lines(&entries_[scout_]);
      prefetch_bucket(hashes_[scout_]);
      ++found;
    }
  }

  std::size_t limit_;
  std::size_t size_ = 0;
  LazyArray<Entry> entries_;
  std::vector<std::uint8_t> classes_;  ///< bit widths of the weights
  std::vector<std::uint32_t> hashes_;  ///< hashes of the keys
  std::vector<Bucket> buckets_;        ///< a power of two of them
  std::uint64_t replaced_ = 0;
  std::uint8_t threshold_ = 1;
  std::uint8_t lightest_ = kNone;  ///< the lightest class that this turn passed over
  std::size_t hand_ = 0;
  std::size_t scout_ = 0;  ///< where prefetch_victims() continues
  std::size_t found_ = 0;  ///< entries that this turn replaced
};

}  // namespace synfin
