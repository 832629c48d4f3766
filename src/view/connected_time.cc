// See connected_time.h.
#include "synfin/view/connected_time.h"

#include <algorithm>

namespace synfin {
namespace {

/// The part `part` of `connected` that corresponds to `length` of `whole`.
Duration share(Duration connected, Duration length, Duration whole) {
  if (connected == whole) return length;
  const double part = static_cast<double>(length.count()) / static_cast<double>(whole.count());
  return Duration{static_cast<std::int64_t>(part * static_cast<double>(connected.count()))};
}

}  // namespace

void ConnectedTime::add(Timestamp from, Timestamp until) {
  if (until <= from) return;
  Stretch* const end = stretches_.data() + size_;
  Stretch* const first =
      std::find_if(stretches_.data(), end, [&](const Stretch& s) { return s.until >= from; });
  Stretch* const last = std::find_if(first, end, [&](const Stretch& s) { return s.from > until; });
  Stretch merged{from, until, saturating_sub(until, from)};
  // Only the first and the last of the stretches that the span meets can reach beyond it.
  if (first != last) {
    const Stretch& left = *first;
    const Stretch& right = *(last - 1);
    if (left.from < from) {
      merged.from = left.from;
      merged.connected =
          saturating_add(merged.connected, share(left.connected, saturating_sub(from, left.from),
                                                 saturating_sub(left.until, left.from)));
    }
    if (right.until > until) {
      merged.until = right.until;
      merged.connected = saturating_add(merged.connected,
                                        share(right.connected, saturating_sub(right.until, until),
                                              saturating_sub(right.until, right.from)));
    }
  }
  // The stretches from `first` to `last` become one.
  if (first == last) {
    std::move_backward(first, end, end + 1);
    ++size_;
  } else {
    std::move(last, end, first + 1);
    size_ = static_cast<std::uint8_t>(size_ - (last - first - 1));
  }
  *first = merged;
  if (size_ > kStretches) close_shortest_gap();
}

/// Makes one stretch of the two that lie closest.
void ConnectedTime::close_shortest_gap() {
  const auto gap = [this](std::size_t i) {
    return saturating_sub(stretches_[i + 1].from, stretches_[i].until);
  };
  std::size_t shortest = 0;
  for (std::size_t i = 1; i + 1 < size_; ++i)
    if (gap(i) < gap(shortest)) shortest = i;
  Stretch& kept = stretches_[shortest];
  const Stretch& next = stretches_[shortest + 1];
  kept.until = next.until;
  kept.connected = saturating_add(kept.connected, next.connected);
  std::move(stretches_.begin() + static_cast<std::ptrdiff_t>(shortest) + 2,
            stretches_.begin() + size_,
            stretches_.begin() + static_cast<std::ptrdiff_t>(shortest) + 1);
  --size_;
}

Duration ConnectedTime::total() const {
  Duration sum{};
  for (std::size_t i = 0; i < size_; ++i) sum = saturating_add(sum, stretches_[i].connected);
  return sum;
}

}  // namespace synfin
