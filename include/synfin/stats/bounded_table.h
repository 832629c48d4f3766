/// \file
/// BoundedTable: entries by key, exact up to a bound, then the heaviest.
///
/// Entries lie in one array in order of arrival; an index finds them by a seeded hash: buckets of
/// one cache line, seven places and a count of the keys that had to go on to the next bucket. When
/// all places are taken, a hand goes round the array as a clock's (second chance) and gives the
/// place of the first entry that weighs no more than `threshold_` to the newcomer. The threshold
/// starts at 1, so that a flood of one-time keys only ever displaces one-time keys, and rises when
/// a whole turn has found few of them: at most eight steps per newcomer in the long run. A newcomer
/// has one turn of the hand to outgrow the threshold. What an entry says is counted since it came
/// in: exact for keys that never left, a lower bound for those that came back.
///
/// Which entry leaves depends on arrival and weight alone, never on the hash: the same records give
/// the same table under every seed.
/// Memory: `limit` entries, mapped at once, resident as they are used; 16 to 32 bytes of index
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

/// Adds to a count that stays at its end rather than to begin again at 0.
inline void saturate(std::uint32_t& count, std::uint64_t more) {
  count = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(count + more, std::numeric_limits<std::uint32_t>::max()));
}

/// Entry has `std::uint32_t weight` and `bool is(const Key&) const`; it is plain data.
template <typename Entry>
class BoundedTable {
 public:
  static constexpr std::size_t kMaxLimit = std::size_t{1} << 30;

  explicit BoundedTable(std::size_t limit)
      : limit_(std::clamp<std::size_t>(limit, 1, kMaxLimit)),
        entries_(limit_),
        buckets_(kFirstBuckets) {}

  /// Valid until the next add().
  template <typename Key>
  Entry* find(const Key& key, std::uint32_t hash) {
    std::size_t at = home(hash);
    for (std::size_t step = 0; step < buckets_.size(); ++step, at = next(at)) {
      const Bucket& bucket = buckets_[at];
      for (std::uint32_t hits = bucket.places(hash); hits != 0; hits &= hits - 1) {
        const std::uint32_t number = bucket.entry[std::countr_zero(hits)];
        if (number != 0 && entries_[number - 1].is(key)) return &entries_[number - 1];
      }
      if (bucket.passed() == 0) break;
    }
    return nullptr;
  }

  /// A fresh entry with its hash set and weight 0; the caller sets its key and weight.
  /// `retire(Entry&)` sees the entry that makes room, if one must.
  /// REQUIRES: no entry has that key. Invalidates every Entry pointer.
  template <typename Retire>
  Entry& add(std::uint32_t hash, Retire&& retire) {
    const std::size_t at = size_ < limit_ ? grow() : replace(retire);
    static_assert(std::is_trivially_copyable_v<Entry>);
    static constexpr Entry kFresh{};
    Entry* entry = &entries_[at];
    std::memcpy(entry, &kFresh, sizeof kFresh);  // in large pieces: a constructor takes small ones
    classes_[at] = 0;
    hashes_[at] = hash;
    index(hash, static_cast<std::uint32_t>(at + 1));
    return *entry;
  }

  /// Makes an entry of this table weigh `more`.
  void gain(Entry& entry, std::uint64_t more) {
    saturate(entry.weight, more);
    classes_[static_cast<std::size_t>(&entry - &entries_[0])] =
        static_cast<std::uint8_t>(std::bit_width(entry.weight));
  }

  void prefetch_bucket(std::uint32_t hash) const { prefetch_line(&buckets_[home(hash)]); }

  /// Asks for the entry that the index seems to name. False where it names none.
  bool prefetch_entry(std::uint32_t hash) const {
    const Entry* entry = probable(hash);
    if (entry) prefetch_lines(entry);
    return entry != nullptr;
  }

  /// In order of arrival, but for those that took another's place.
  std::span<const Entry> entries() const { return {size_ ? &entries_[0] : nullptr, size_}; }
  std::size_t size() const { return size_; }
  /// The next add() replaces.
  bool full() const { return size_ == limit_; }
  /// Entries that had to leave.
  std::uint64_t replaced() const { return replaced_; }
  std::size_t memory() const {
    return size_ * (sizeof(Entry) + 5) + buckets_.size() * sizeof(Bucket);
  }

 private:
  static constexpr std::uint32_t kPlaces = 7;
  struct alignas(64) Bucket {
    std::uint32_t hash[kPlaces + 1] = {};  ///< the last is passed()
    std::uint32_t entry[kPlaces + 1] =
        {};  ///< its place in entries_ + 1; 0 = free; the last unused

    /// How many keys went on from here, for it was full.
    std::uint32_t& passed() { return hash[kPlaces]; }
    std::uint32_t passed() const { return hash[kPlaces]; }
    /// A bit for each place with that hash; free ones may be among them when it is 0.
    std::uint32_t places(std::uint32_t wanted) const {
      return matching_words<kPlaces + 1>(hash, ~0u, wanted) & kAll;
    }
    /// A bit for each place with that entry, or for each that is free.
    std::uint32_t places_of(std::uint32_t number) const {
      return matching_words<kPlaces + 1>(entry, ~0u, number) & kAll;
    }
    static constexpr std::uint32_t kAll = (1u << kPlaces) - 1;
  };
  static_assert(sizeof(Bucket) == 64);
  static constexpr std::size_t kFirstBuckets = 128;
  static constexpr std::size_t kFill = 4;  ///< entries per bucket: more, and many would go on
  static constexpr std::size_t kStepsPerVictim = 8;
  static constexpr std::size_t kLead = 8;
  static constexpr std::uint8_t kNone = 0xFF;

  std::size_t home(std::uint32_t hash) const { return hash & (buckets_.size() - 1); }
  std::size_t next(std::size_t bucket) const { return (bucket + 1) & (buckets_.size() - 1); }

  /// The first entry whose hash is that one.
  const Entry* probable(std::uint32_t hash) const {
    std::size_t at = home(hash);
    for (std::size_t step = 0; step < buckets_.size(); ++step, at = next(at)) {
      const Bucket& bucket = buckets_[at];
      const std::uint32_t hits = bucket.places(hash);
      const std::uint32_t number = hits != 0 ? bucket.entry[std::countr_zero(hits)] : 0;
      if (number != 0) return &entries_[number - 1];
      if (bucket.passed() == 0) break;
    }
    return nullptr;
  }

  static void prefetch_lines(const Entry* entry) {
    const char* p = reinterpret_cast<const char*>(entry);
    for (std::size_t line = 0; line < sizeof(Entry); line += 64) prefetch_line(p + line);
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
    for (; buckets_[at].places_of(0) == 0; at = next(at)) ++buckets_[at].passed();
    Bucket& bucket = buckets_[at];
    const int place = std::countr_zero(bucket.places_of(0));
    bucket.hash[place] = hash;
    bucket.entry[place] = entry;
  }

  void unindex(std::uint32_t hash, std::uint32_t entry) {
    std::size_t at = home(hash);
    for (; buckets_[at].places_of(entry) == 0; at = next(at)) --buckets_[at].passed();
    Bucket& bucket = buckets_[at];
    const int place = std::countr_zero(bucket.places_of(entry));
    bucket.hash[place] = bucket.entry[place] = 0;
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

  /// Ends: the threshold rises with each turn that finds too few.
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
    if (found_ <= size_ / kStepsPerVictim) {
      threshold_ = static_cast<std::uint8_t>(threshold_ + 1);
      if (lightest_ != kNone) threshold_ = std::max(threshold_, lightest_);
    }
    found_ = 0;
    lightest_ = kNone;
  }

  /// Keeps the entries that will leave next, and their index lines, on their way from memory.
  void prefetch_victims() {
    if (scout_ < hand_) scout_ = hand_;
    const std::size_t end = std::min(hand_ + kStepsPerVictim * kLead, size_);
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
  std::vector<std::uint8_t> classes_;  ///< of the entries' weights: what the hand looks at
  std::vector<std::uint32_t> hashes_;  ///< of the entries' keys
  std::vector<Bucket> buckets_;        ///< as many as a power of two
  std::uint64_t replaced_ = 0;
  std::uint8_t threshold_ = 1;
  std::uint8_t lightest_ = kNone;  ///< class that the hand passed over in this turn
  std::size_t hand_ = 0;
  std::size_t scout_ = 0;  ///< how far prefetch_victims() has looked
  std::size_t found_ = 0;  ///< places that this turn of the hand gave
};

}  // namespace synfin
